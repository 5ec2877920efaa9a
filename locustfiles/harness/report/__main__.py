import sys

from locustfiles.harness.report.document import main

sys.exit(main())
