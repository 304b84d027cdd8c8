"""What the scripts docs, lock, audit and check-aarch64 share."""
