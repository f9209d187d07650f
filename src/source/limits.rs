//! What an image and the place that it lies in may have at most.

/// The most bytes that an image may have once unpacked, unless an option says otherwise: 64 GiB.
pub const MAX_UNPACKED: u64 = 64 << 30;

/// The most layers that an image may have. Engines stop at 127 or 500.
pub const MAX_LAYERS: usize = 1000;

/// The most images that one place may list.
pub const MAX_IMAGES: usize = 1024;
/// The most names that `docker save` may give the images.
pub const MAX_NAMES: usize = 4096;
