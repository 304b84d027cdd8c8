"""The people who care: what each may see, the dashboard, notifications, the hub."""
