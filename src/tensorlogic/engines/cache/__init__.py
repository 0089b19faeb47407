"""What is worth preparing once: optimised models, compiled blobs, choices of an engine, on disk between processes.

An entry is a folder of files under a key, made of all that its content depends on. There are no locks. An entry is
written in a folder of its own and then renamed, which happens at once or not at all, so that others see it whole or
not; of several who write the same, the first wins. It leaves by being renamed away, and files that a process has
mapped stay until it lets go of them (on Windows, an entry in use stays). Nothing is flushed to the disk: whatever a
power cut leaves of an entry does not agree with the SHA-256 digests in its manifest, and is thrown away when it is
found. The digests guard against damage, not against people who can write to the folder.
"""

from tensorlogic.engines.cache.content import digest
from tensorlogic.engines.cache.hashing import key
from tensorlogic.engines.cache.settings import default
from tensorlogic.engines.cache.store import Cache, Entry

__all__ = ["Cache", "Entry", "default", "digest", "key"]
