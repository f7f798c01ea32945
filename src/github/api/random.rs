//! Unpredictable random bits from the system.

/// 128 random bits, or `None` if the system has none.
pub(crate) fn random_u128() -> Option<u128> {
    let mut bytes = [0; 16];
    rustls::crypto::ring::default_provider().secure_random.fill(&mut bytes).ok()?;
    Some(u128::from_ne_bytes(bytes))
}

/// A random number from 0 to 1; 0.5 if the system has none.
pub(crate) fn random_fraction() -> f64 {
    random_u128().map_or(0.5, |bits| (bits % 1_000) as f64 / 1_000.0)
}
