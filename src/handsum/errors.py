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


class StoreAwayError(StorageError):
    """The database server does not answer, or is too busy to: later it may."""

    code = "store_away"
    http_status = 503


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


class FormError(HandsumError):
    """A form, its template or its blank cannot be used."""

    code = "form"
    exit_code = 10
    http_status = 422


class TemplateError(FormError):
    """A template's file contradicts itself, or says what handsum does not know."""

    code = "template_invalid"


class BlankFormError(FormError):
    """A picture or PDF of a blank form shows nothing to fill in, or cannot be used as one."""

    code = "blank_form"


class PrintFormError(FormError):
    """A template cannot be printed as it stands: a text that no font shows, a code without room."""

    code = "form_unprintable"


class PileError(HandsumError):
    """A pile of results cannot be used as asked: none there, another one, or of a newer handsum."""

    code = "pile"
    exit_code = 11
    http_status = 409


class PileNotFoundError(PileError):
    """There is no such pile, page, field or item."""

    code = "pile_not_found"
    http_status = 404


class PileConflictError(PileError):
    """Somebody else has changed, or is looking at, what was to be changed."""

    code = "pile_conflict"


class CorrectionError(PileError):
    """Corrections cannot be taken as they are written; none of them was."""

    code = "corrections"
    http_status = 422


class MissingExtraError(HandsumError):
    """A command needs an optional part that is not installed."""

    code = "missing_extra"
    exit_code = 9
    http_status = 501


class TooCostlyError(InputError):
    """Reading an input took more time or memory than one request may use."""

    code = "too_costly"


class ServiceError(HandsumError):
    """The service cannot start, or cannot answer a request."""

    code = "service"
    exit_code = 12


class RequestError(ServiceError):
    """A request is not as the API describes it."""

    code = "request"
    http_status = 422


class RequestTooLargeError(ServiceError):
    """A request brings more bytes or files than the service takes at once."""

    code = "request_too_large"
    http_status = 413


class NotFoundError(ServiceError):
    """There is nothing at that address."""

    code = "not_found"
    http_status = 404


class LoginError(ServiceError):
    """Nobody is logged in, or name and password do not fit."""

    code = "login"
    http_status = 401


class AccessError(ServiceError):
    """Whoever is logged in may not do that."""

    code = "access"
    http_status = 403


class CrossSiteError(ServiceError):
    """A browser sent the request on behalf of another site, or without the page's token."""

    code = "cross_site"
    http_status = 403


class TooManyAttemptsError(ServiceError):
    """Too many attempts in a short time; the door stays shut for a while."""

    code = "too_many_attempts"
    http_status = 429


class BusyError(ServiceError):
    """More requests wait than can be answered soon, or the readers are still starting."""

    code = "busy"
    http_status = 503


INTERRUPTED_EXIT_CODE = 130  # 128 + SIGINT, as shells report a Ctrl-C
