# The action's image: one static binary on a base without a shell.
#
# It stands at the root because GitHub takes the Dockerfile's own directory as the build context.
# On the main branch both bases follow their tags. A release pins them: `scripts/release pin` appends
# the digests that .github/release-images has, the image is built with them and pushed, and the
# release's action.yml has `docker://…@sha256:…`, so that no job of a user builds anything.

FROM docker.io/library/rust:1.95-slim-bookworm AS build
WORKDIR /src
# Without default features: they are for people at a terminal (see Cargo.toml).
# Static glibc: the binary needs no library from the final stage. RUSTFLAGS would reach build
# scripts and procedural macros too, which can't be static, unless a target is named.
ENV RUSTFLAGS="-C target-feature=+crt-static"
# The dependencies are a layer of their own, kept until Cargo.lock changes.
COPY Cargo.toml Cargo.lock ./
RUN for path in src/lib.rs $(sed -n 's/^path = "\(.*\)"/\1/p' Cargo.toml); do \
      mkdir -p "$(dirname "$path")" && echo 'fn main() {}' > "$path"; \
    done \
 && cargo build --release --locked --no-default-features --target "$(rustc --print host-tuple)"
# What it holds of others' work, with the texts of the licences.
COPY LICENSE-APACHE ./
COPY scripts/licences scripts/
RUN scripts/licences "$(rustc --print host-tuple)" --no-default-features > /third-party
COPY src src
# Files keep the time stamps of the checkout, which may be older than the layer above.
RUN touch src/lib.rs src/main.rs \
 && cargo build --release --locked --no-default-features --target "$(rustc --print host-tuple)" \
 && cp "target/$(rustc --print host-tuple)/release/knownfail" /knownfail

# CA certificates, /etc/passwd and /tmp, nothing else.
FROM gcr.io/distroless/static-debian12
# The release adds version, revision and source.
LABEL org.opencontainers.image.title="knownfail" \
      org.opencontainers.image.description="Judges a big test suite against a Markdown document of known failures." \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY LICENSE-MIT LICENSE-APACHE /
COPY --from=build /third-party /THIRD-PARTY-LICENCES.txt
COPY --from=build /knownfail /knownfail
# No USER: the files that GitHub mounts belong to the runner's user, only root can write them.
ENTRYPOINT ["/knownfail", "action"]
