"""`/docs`: the reference as Swagger UI, served from here, so that it works without the internet."""
