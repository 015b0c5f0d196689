import flask
import pymysql

app = flask.Flask(__name__)


@app.route("/")
def titles():
    with open("/run/secrets/db-password") as file:
        password = file.read().strip()
    with pymysql.connect(host="db", user="root", password=password, database="example") as db:
        with db.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS posts (title VARCHAR(40) PRIMARY KEY)")
            cursor.execute("INSERT IGNORE INTO posts VALUES ('first'), ('second')")
            db.commit()
            cursor.execute("SELECT title FROM posts ORDER BY title")
            return " ".join(row[0] for row in cursor.fetchall()) + "\n"


app.run(host="0.0.0.0", port=8000)
