"""One SIP call with its fax session, from INVITE to BYE."""
