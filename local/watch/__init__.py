"""What CloudWatch does on AWS and the emulator does not (ADR 0021).

Log lines become metrics, queues and gateway get AWS's own, alarms follow AWS's rules.
"""
