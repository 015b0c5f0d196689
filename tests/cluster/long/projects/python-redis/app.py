import flask
import redis

app = flask.Flask(__name__)
store = redis.Redis(host="redis")


@app.route("/")
def visit():
    return f"visit {store.incr('visits')}\n"


app.run(host="0.0.0.0", port=5000)
