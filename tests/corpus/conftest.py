"""What lies here is for the judge and for comparison; none of it is a test of the kit."""

collect_ignore_glob = ["*"]
