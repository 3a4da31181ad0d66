"""Cases, their contacts and exposures, transmission links and clusters, and the counts that areas report.

Never writes an order or grades by itself: grading is the policy's, orders are `measures`.
"""
