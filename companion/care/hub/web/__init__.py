"""The ward page: server-rendered, no script, deny by default."""
