"""Review items, progress and audits as the API's JSON."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from handsum.forms.fields import Field
from handsum.forms.page_reading import FieldReading, RuleFinding
from handsum.piles.audit import AuditRow
from handsum.piles.corrections import CorrectionRow, describe_format
from handsum.piles.review import ReviewItem
from handsum.piles.rows import PageRow, Progress
from handsum.piles.store import Pile
from handsum.service.shelf import stamp

_NEIGHBOURS = 60  # fields of a page that are drawn around the one in question


def item_tree(pile: Pile, item: ReviewItem, asked: Field | None) -> dict[str, Any]:
    """An item with its crop, its page, and every field of the rules that bind it."""
    labels = _labels(pile, item)
    field = item.field
    return {
        "id": item.id,
        "audit": item.audit,
        "page_id": item.page_id,
        "source": item.source,
        "page": item.page,
        "template": item.template,
        "sheet": item.sheet,
        "field": field.name,
        "label": item.label or field.name,
        "format": "" if asked is None or asked.constraint is None else describe_format(asked),
        "reading": field.reading.to_json(),
        "alone": None if field.alone is None else {
            "text": field.alone.text, "confidence": round(field.alone.confidence, 6)
        },
        "why": field.why,
        "look_at": field.look_at,
        "crop": crop_path(pile, item.page_id, field.name),
        "picture": f"{_path(pile)}/pages/{item.page_id}/picture",
        "crop_box": list(field.crop_box),
        "rules": [_rule(pile, item, rule, labels) for rule in item.rules],
        "until": stamp(item.until),
    }  # fmt: skip


def wall_tree(pile: Pile, item: ReviewItem) -> dict[str, Any]:
    """An item among many: its crop, and where it is."""
    return {
        "id": item.id,
        "source": item.source,
        "page": item.page,
        "label": item.label or item.field.name,
        "confidence": round(item.field.reading.confidence, 6),
        "crop": crop_path(pile, item.page_id, item.field.name),
    }


def progress_tree(progress: Progress) -> dict[str, Any]:
    """Counts of pages and values."""
    names = ("queued", "leased", "done", "aside", "failed", "unreadable", "doubts", "accepted",
             "values", "pages", "left")  # fmt: skip
    return {name: getattr(progress, name) for name in names}


def page_tree(pile: Pile, row: PageRow) -> dict[str, Any]:
    """A page: where it comes from, how far it is, why it is aside."""
    tree: dict[str, Any] = {
        "id": row.id, "source": row.source, "page": row.page, "state": row.state,
        "template": row.template, "version": row.version, "sheet": row.sheet,
    }  # fmt: skip
    if row.code:
        tree["error"] = {"code": row.code, "message": row.message, "remedy": row.remedy}
    if row.state == "done":
        tree["picture"] = f"{_path(pile)}/pages/{row.id}/picture"
        tree["overlay"] = f"{_path(pile)}/pages/{row.id}/overlay"
    return tree


def audit_tree(audit: AuditRow) -> dict[str, Any]:
    """An audit, with its bound once all of the sample is checked."""
    tree: dict[str, Any] = {
        "id": audit.id, "who": audit.who, "at": stamp(audit.at), "pile_size": audit.pile_size,
        "drawn": audit.drawn, "checked": audit.checked, "wrong": audit.wrong,
        "delta": audit.delta, "looks": audit.looks, "report": None,
    }  # fmt: skip
    if audit.report is not None:
        tree["report"] = {
            "wrong_at_most": audit.report.wrong_at_most,
            "risk_at_most": audit.report.risk_at_most,
            "left_at_most": audit.report.left_at_most,
            "sentence": audit.report.sentence(),
        }
    return tree


def correction_tree(row: CorrectionRow) -> dict[str, Any]:
    """An entry of the history."""
    return {
        "id": row.id, "page_id": row.page_id, "source": row.source, "page": row.page,
        "field": row.field, "who": row.who, "at": stamp(row.at), "how": row.how,
        "from": {"content": row.from_content, "text": row.from_text},
        "to": {"content": row.to_content, "text": row.to_text},
        "reason": row.reason, "undone": row.undone,
    }  # fmt: skip


def crop_path(pile: Pile, page: int, field: str) -> str:
    """Where a field's crop is got."""
    return f"{_path(pile)}/pages/{page}/crop?field={quote(field, safe='')}"


def _path(pile: Pile) -> str:
    return f"/api/v1/piles/{quote(pile.info.name, safe='')}"


def _labels(pile: Pile, item: ReviewItem) -> dict[str, str]:
    for template in pile.templates:
        key = (template.name, template.version)
        if key == (item.reading.template, item.reading.template_version):
            return dict(template.fields)
    return {}


def _rule(
    pile: Pile, item: ReviewItem, rule: RuleFinding, labels: dict[str, str]
) -> dict[str, Any]:
    held = {field.name: field for field in item.reading.fields}
    names = [name for name in rule.fields if name in held][:_NEIGHBOURS]
    return {
        "text": rule.text,
        "status": rule.status,
        "verdict": rule.verdict,
        "writer_erred": round(rule.writer_erred, 6),
        "fields": [
            _bound(pile, item.page_id, held[name], labels.get(name, ""), rule) for name in names
        ],
    }


def _bound(
    pile: Pile, page: int, field: FieldReading, label: str, rule: RuleFinding
) -> dict[str, Any]:
    reading = field.reading
    return {
        "field": field.name,
        "label": label or field.name,
        "content": reading.content,
        "text": reading.text,
        "confidence": round(reading.confidence, 6),
        "decision": reading.decision,
        "basis": reading.basis,
        "look_at": field.name in rule.look_at,
        "crop": crop_path(pile, page, field.name),
        "crop_box": list(field.crop_box),
    }
