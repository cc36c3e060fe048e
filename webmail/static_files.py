"""Static files, byte for byte as they stand in the tree, for an ASGI server."""

from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile


class StaticFiles(WhiteNoiseMiddleware):
    """WhiteNoise answers with a file to iterate, which Django under ASGI reads whole in a roundabout way and with a
    warning; the files are small, so their bytes are the answer.
    """

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        """The response WhiteNoise has decided on: 200, 206, 304 or 405, with its headers."""
        decided = static_file.get_response(request.method, request.META)
        content = b""
        if decided.file is not None:
            with decided.file:
                content = decided.file.read()
        answer = HttpResponse(content, status=int(decided.status))
        del answer["Content-Type"]
        for name, value in decided.headers:
            answer[name] = value
        return answer
