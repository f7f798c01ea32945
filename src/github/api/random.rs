//! Unpredictable random bits from the system.

/// 128 random bits, or `None` if the system has none.
pub(crate) fn random_u128() -> Option<u128> {
    let mut bytes = [0; 16];
    rustls::crypto::ring::default_provider().secure_random.fill(&mut bytes).ok()?;
    Some(u128::from_ne_bytes(bytes))
}
