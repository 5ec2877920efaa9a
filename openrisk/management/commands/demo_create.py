from typing import Any

from django.core.management.base import BaseCommand

from openrisk import demo


class Command(BaseCommand):
    help = (
        "Create the organization `demo` with example risks, an administrator and an API token, "
        "once, and print how to log in. Example: python manage.py demo_create"
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            created = demo.create_demo()
        except demo.DemoLost as error:
            self.stdout.write(str(error))
            return
        self.stdout.write(
            f"URL        {created.url}\n"
            f"Log in as  {created.email}\n"
            f"Password   {created.password}\n"
            f"API token  {created.token}"
        )
        for problem in demo.find_outdated(created):
            self.stdout.write(self.style.WARNING(problem))
