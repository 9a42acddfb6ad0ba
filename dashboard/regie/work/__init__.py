"""Work orders on a phone: kept durably, shown without a network, reported back with photos.

Store, document and page stand here because the web process writes what crews report, and the commands of the asset manager
(`twin.maintenance.work_orders`), which stand above, write the same store; the order's form is `twin.contracts.work_order`.
"""
