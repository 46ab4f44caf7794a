"""A net from a bundle, run by ONNX Runtime."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from handsum.bundle import Bundle
from handsum.errors import BundleError


class Session:
    """One loaded net: arrays in, arrays out, from any number of threads.

    ``threads`` is how many cores one call may use; 0 leaves it to ONNX Runtime.
    """

    def __init__(self, bundle: Bundle, threads: int = 0) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Threads that wait for the next batch busily would take the cores from what prepares it.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        try:
            self._session = ort.InferenceSession(
                bundle.model_path.read_bytes(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime's own exceptions share no base but this
            raise BundleError(
                f"{bundle.model_path} is no net that ONNX Runtime can load: {error}.",
                "Copy the bundle again, or update onnxruntime.",
            ) from error
        self._path = bundle.model_path
        self._input = self._session.get_inputs()[0].name

    def check_shapes(self, image: tuple[int | None, ...], *outputs: int) -> None:
        """BundleError unless the net takes (N, *image) and gives (N, ..., size) an output.

        None stands for any size.
        """
        takes = self._session.get_inputs()[0].shape
        gives = [output.shape for output in self._session.get_outputs()]
        fits = len(takes) == len(image) + 1 and all(
            isinstance(size, str) if wanted is None else size == wanted
            for size, wanted in zip(takes[1:], image, strict=True)
        )
        if not fits or [shape[-1] for shape in gives] != list(outputs):
            raise BundleError(
                f"{self._path} takes {takes} and gives {gives}; the bundle speaks of pictures "
                f"{image} and {outputs} outputs.",
                "Copy the bundle again from where it came.",
            )

    def run(self, images: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float32]]:
        """All outputs of the net for ``images`` (N, 1, H, W), ink 0 to 1."""
        outputs: list[Any] = self._session.run(None, {self._input: images})
        return [np.asarray(output, np.float32) for output in outputs]
