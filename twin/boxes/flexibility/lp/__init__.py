"""The linear programme: parts, Pyomo model, numbers, and the compiled model that HiGHS keeps."""
