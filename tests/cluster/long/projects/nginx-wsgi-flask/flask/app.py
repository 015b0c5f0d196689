import flask

app = flask.Flask(__name__)


@app.route("/")
def hello():
    return "behind gunicorn\n"


@app.route("/flask-health-check")
def health():
    return "well\n"
