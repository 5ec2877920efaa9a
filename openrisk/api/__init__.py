"""What every app's REST views share: base viewset, pagination, filters, errors, rendering."""
