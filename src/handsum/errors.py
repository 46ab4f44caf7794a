"""One exception tree: what went wrong, the exit code and HTTP status it maps to, and a remedy."""

from __future__ import annotations


class HandsumError(Exception):
    """Base of every error that handsum raises on purpose.

    ``code`` is a stable snake_case name for scripts, ``exit_code`` what the command line returns
    when this error ends it, ``http_status`` what the service answers, ``remedy`` one sentence that
    tells the user what to do.
    """

    code = "error"
    exit_code = 1
    http_status = 500

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}"


class UsageError(HandsumError):
    """The call itself is wrong: an option, a combination, a name."""

    code = "usage"
    exit_code = 2
    http_status = 400


class InputError(HandsumError):
    """One input cannot be read; the others still are."""

    code = "input"
    exit_code = 1
    http_status = 422


class FileMissingError(InputError):
    """There is no file at that path."""

    code = "file_missing"
    http_status = 404


class FileUnreadableError(InputError):
    """The file is there but the system does not let us read it."""

    code = "file_unreadable"


class FileEmptyError(InputError):
    """The file, or standard input, holds no bytes."""

    code = "file_empty"


class ImageFormatError(InputError):
    """The bytes are no picture or PDF that handsum knows."""

    code = "image_format"
    http_status = 415


class ImageTruncatedError(InputError):
    """The picture breaks off before its end."""

    code = "image_truncated"


class ImageDamagedError(InputError):
    """The picture's bytes contradict each other."""

    code = "image_damaged"


class ImageTooLargeError(InputError):
    """More pixels or pages than the limits allow."""

    code = "image_too_large"
    http_status = 413


class PdfEncryptedError(InputError):
    """The PDF asks for a password."""

    code = "pdf_encrypted"


class BundleError(HandsumError):
    """A bundle does not fit: absent, damaged, of an unknown version or kind."""

    code = "bundle"
    exit_code = 3


class RecipeError(HandsumError):
    """A recipe cannot be used as written."""

    code = "recipe"
    exit_code = 4
    http_status = 422


class DataError(HandsumError):
    """A data set is absent or not what it claims to be."""

    code = "data"
    exit_code = 5
    http_status = 422


class FetchError(DataError):
    """No source could deliver a data set."""

    code = "fetch"


class TrainingError(HandsumError):
    """Training cannot go on: the loss is not a number, or a checkpoint does not fit."""

    code = "training"
    exit_code = 6


class StorageError(HandsumError):
    """A file could not be written; what stood there before still stands."""

    code = "storage"
    exit_code = 7
    http_status = 507


class PromiseError(HandsumError):
    """A promise does not fit what it is used with, is broken, or cannot be given."""

    code = "promise"
    exit_code = 8
    http_status = 409


class DecodeError(HandsumError):
    """A format, list, check or rule cannot be used as written."""

    code = "decode"
    exit_code = 2
    http_status = 422


class MissingExtraError(HandsumError):
    """A command needs an optional part that is not installed."""

    code = "missing_extra"
    exit_code = 9
    http_status = 501


INTERRUPTED_EXIT_CODE = 130  # 128 + SIGINT, as shells report a Ctrl-C
