//! What the specifications leave open, and how dehusk decides it.
//!
//! The measure is always the file that a container would see: where container engines agree, dehusk follows them, and
//! what they refuse is an error here too.
//!
//! # Archives
//!
//! Layers are read with the rules of Go's `archive/tar`, which Docker, containerd, Podman and umoci unpack with. A test
//! compares the two readers on odd and on damaged archives. In particular:
//!
//! - Of an extended record that stands twice the last counts; an empty value leaves the header's own.
//! - Of two extended headers in a row the second alone counts. A GNU long name goes before a `path` record.
//! - Global headers are not applied, and end what stood in front of them.
//! - Hard links, folders and devices have no data, whatever their size says.
//! - Flag `0` with a name that ends in a slash is a file; the flag NUL of old archives makes it a folder.
//! - `LIBARCHIVE.xattr` records are left out; `SCHILY.xattr` records are the attributes.
//! - An archive may end without its two blocks of zeros, and in front of the padding of its last file.
//!
//! Beyond Go's reader, files with holes and contiguous files are plain files here. Every other type flag is an error,
//! as in the engines.
//!
//! # Layers
//!
//! - Whiteouts and opaque markers hide what lower layers have, wherever they stand in their layer.
//! - A folder that a whiteout hides and that its own layer writes into stays, as a folder that nothing describes: mode
//!   0755, owner 0, the time of 1970. So does a folder above an entry that no entry describes.
//! - Names that start with `.wh..wh.` and are no opaque marker are what aufs keeps for itself, and are left out.
//! - A whiteout named `.wh.`, `.wh..` or `.wh...` would hide its own folder or the one above, and is an error.
//! - Entries go through symbolic links of lower layers, within the image: on a merged `/usr`, `lib/x` is `usr/lib/x`.
//!   Where the link leads to nothing, the folders are made; where links lead in a circle, the image is refused.
//! - A file where a folder must be is replaced by a folder. Engines refuse the entry or not by their storage driver.
//! - A folder over a symbolic link replaces the link, as in the engines.
//! - A name that climbs above the root is an error. Some engines cut it off at the root: no image needs that, and an
//!   attack does.
//! - A hard link may name a file of a lower layer. When that file is replaced, the other name keeps the old one.
//! - Owners, and numbers of devices, that 32 bits do not hold are errors.
//!
//! # Images
//!
//! - A blob's compression is what its first bytes say; the media type only says that it is a layer.
//! - gzip and zstd are read to the last member and frame. Other bytes behind them are an error.
//! - An archive that is a layout and what `docker save` wrote is read as the layout, whose blobs have digests; its
//!   names are the ones that `manifest.json` gives, and those of the index.
//! - Of an index the image for this machine's platform is read, or the only one there is. What BuildKit attaches
//!   (platform `unknown/unknown`) is no image.
//! - Only SHA-256 digests are known: what cannot be verified is refused.
//! - In a root file system read from a folder, a `.wh.` name is a file of that name. Of its extended attributes
//!   `security.capability`, `user.*` and the access control lists are kept; labels belong to the host.
