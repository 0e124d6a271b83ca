"""The side of the wire that is not believed: zygote, keeper and worker."""
