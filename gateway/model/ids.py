"""Names for the keys of the database, so that they cannot be mixed up."""

from typing import NewType

SubmissionId = NewType("SubmissionId", str)  #: 26 characters, sortable by time
JobId = NewType("JobId", str)  #: 26 characters, sortable by time
AttemptId = NewType("AttemptId", str)
ReceivedId = NewType("ReceivedId", str)
NotificationId = NewType("NotificationId", str)
BlobRef = NewType("BlobRef", str)  #: SHA-256 of the content, 64 hexadecimal digits
