"""What talks to Microsoft's mail servers; mails are collected and sent through it."""
