"""What facts say that measures need, beside stays and referrals."""
