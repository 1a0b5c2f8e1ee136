"""Schema migrations, packed with the package and run by `registry.storage.engine.upgrade`."""
