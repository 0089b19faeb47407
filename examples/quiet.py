"""Import this first, and an example prints only its own lines.

coremltools writes notes about parts that exist on a Mac only and about versions it was not tested with, and
progress bars. None of them matters here. Your own scripts do not need this file.
"""

import logging
import os
import warnings

logging.getLogger("coremltools").setLevel(logging.ERROR)
os.environ.setdefault("TQDM_DISABLE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
warnings.filterwarnings("ignore", module=r"transformers\.")
