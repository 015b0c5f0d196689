// Who trusts whom: the client and the server over real TLS.
#include <doctest/doctest.h>

#include <chrono>
#include <thread>

#include "kontena/base/synced.h"
#include "tls_world.h"

using namespace kontena;
using namespace std::chrono_literals;
using namespace kontena::test;

namespace {

http::Response say_who(http::Request& request) {
  return {.content_type = "text/plain",
          .body = request.peer.address + " " + request.peer.common_name + " " + request.peer.fingerprint};
}

http::Response say_when(http::Request& request) {
  return {.body = request.peer.common_name + " " + std::to_string(request.peer.not_after_ms)};
}

Error failure(const http::Server& server, http::ClientOptions options, std::string_view url = "") {
  options.url = url.empty() ? url_of(server) : std::string(url);
  const auto answer = http::connect(std::move(options))->send({.path = "/"}, 5s);
  REQUIRE_FALSE(answer);
  return answer.error();
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a client without certificate is nobody, one with ours is known by its fingerprint, each time") {
  const auto server = started(say_who);
  const auto nobody = client_of(*server)->send({.path = "/"}, 5s);
  REQUIRE_MESSAGE(nobody, nobody.error().message);
  CHECK(nobody->body == "127.0.0.1  ");
  const auto client = client_of(*server, &client_pair());
  // Connections of their own, the later ones with TLS sessions resumed.
  std::string first;
  for (int i = 0; i < 4; ++i) {
    const auto known = client->send({.path = "/", .headers = {{"connection", "close"}}}, 5s);
    REQUIRE(known);
    CHECK(known->body.starts_with("127.0.0.1 node-7 "));
    CHECK(known->body.size() == std::string_view("127.0.0.1 node-7 ").size() + 64);
    if (i == 0) first = known->body;
    CHECK(known->body == first);
  }
}

TEST_CASE("a certificate of another authority or for another purpose is refused") {
  const auto server = started(say_who);
  const Pair strange_ca = certificate({"test authority", "", ""}, nullptr);  // of the same name, even
  const Pair strange = certificate({"node-7", "", "clientAuth"}, &strange_ca);
  const Pair expired = certificate({"node-7", "", "clientAuth", -7200, -3600}, &strange_ca);
  const Pair expired_server = certificate({"node-7", "", "serverAuth", -7200, -3600}, &authority());
  for (const Pair* pair : {&strange, &expired, &expired_server, &server_pair()}) {
    const Error error = failure(
        *server,
        {.ca_pem = authority().certificate, .certificate_pem = pair->certificate, .key_pem = Redacted(pair->key)});
    CHECK_MESSAGE(error.code == Code::unauthenticated, error.message);
    CHECK(has(error.message, "refuses our certificate"));
  }
}

TEST_CASE("a client whose certificate has expired is known, and the handler sees since when it has") {
  const auto server = started(say_when);
  const Pair expired = certificate({"node-7", "", "clientAuth", -7200, -3600}, &authority());
  const auto now = to_ms(SystemClock().now());
  for (int i = 0; i < 2; ++i) {  // the second time by a ticket
    const auto answer = client_of(*server, &expired)->send({.path = "/", .headers = {{"connection", "close"}}}, 5s);
    REQUIRE_MESSAGE(answer, answer.error().message);
    REQUIRE(answer->body.starts_with("node-7 "));
    const auto until = std::stoll(answer->body.substr(7));
    CHECK(until < now - 3'500'000);
    CHECK(until > now - 3'700'000);
  }
  const Pair early = certificate({"node-7", "", "clientAuth", 3600, 7200}, &authority());
  CHECK(failure(*server, {.ca_pem = authority().certificate, .certificate_pem = early.certificate, .key_pem = Redacted(early.key)}).code == Code::unauthenticated);
}

TEST_CASE("a client shows another certificate from one request to the next") {
  const auto server = started(say_who);
  const auto client = client_of(*server, &client_pair());
  REQUIRE(client->send({.path = "/"}, 5s));
  const Pair other = certificate({"node-8", "", "clientAuth"}, &authority());
  client->use_certificate(other.certificate, Redacted(other.key));
  const auto known = client->send({.path = "/"}, 5s);
  REQUIRE(known);
  CHECK_MESSAGE(known->body.starts_with("127.0.0.1 node-8 "), known->body);
}

TEST_CASE("a server shows another certificate from the next handshake on; what stands goes on") {
  Synced<bool> go_on, came;
  const auto server = started([&](http::Request& request) -> http::Response {
    if (request.path == "/wait") {
      came.change([](bool& now) { now = true; });
      go_on.wait(30s, [](bool now) { return now; });
    }
    return {.body = request.path};
  });
  const auto early = client_of(*server);
  REQUIRE(early->send({.path = "/"}, 5s));
  std::jthread waiting([&] {
    const auto answer = client_of(*server)->send({.path = "/wait"}, 30s);
    CHECK_MESSAGE(answer, answer.error().message);
  });
  REQUIRE(came.wait(30s, [](bool now) { return now; }));
  const Pair elsewhere = certificate({"server", "DNS:only.example", "serverAuth"}, &authority());
  REQUIRE(server->use_certificate(elsewhere.certificate + authority().certificate, elsewhere.key));
  CHECK(early->send({.path = "/"}, 5s));  // over its connection
  CHECK(has(failure(*server, {.ca_pem = authority().certificate}).message, "only.example"));
  CHECK_FALSE(server->use_certificate(elsewhere.certificate, server_pair().key));
  CHECK(has(failure(*server, {.ca_pem = authority().certificate}).message, "only.example"));
  REQUIRE(server->use_certificate(server_pair().certificate + authority().certificate, server_pair().key));
  CHECK(client_of(*server)->send({.path = "/"}, 5s));
  go_on.change([](bool& now) { now = true; });
}

TEST_CASE("the message about a wrong name lists the right ones") {
  const auto server = started(say_who);
  const std::string url = "https://127.0.0.2:" + std::to_string(server->port());
  auto options = server_options();
  options.address = "127.0.0.2";
  const auto elsewhere = started(options, say_who);
  const Error error = failure(*elsewhere, {.ca_pem = authority().certificate},
                              "https://127.0.0.2:" + std::to_string(elsewhere->port()));
  CHECK(error.code == Code::unauthenticated);
  CHECK_MESSAGE(has(error.message, "is for other names: localhost, 127.0.0.1, other.example"), error.message);
  CHECK(has(error.hint, "--advertise"));
}

TEST_CASE("a server of an unknown authority is not trusted, whatever the system trusts") {
  const auto server = started(say_who);
  const Pair other = certificate({"another authority", "", ""}, nullptr);
  const Pair namesake = certificate({"test authority", "", ""}, nullptr);
  for (const std::string& ca : {other.certificate, namesake.certificate, std::string()}) {
    const Error error = failure(*server, {.ca_pem = ca});
    CHECK(error.code == Code::unauthenticated);
    CHECK_MESSAGE(has(error.message, "not from the pinned authority"), error.message);
  }
}

TEST_CASE("times that don't fit point at the clocks") {
  for (const auto& [from, to, words] :
       {std::tuple{3600L, 7200L, "not valid yet"}, std::tuple{-7200L, -3600L, "has expired"}}) {
    const Pair pair = certificate({"server", "IP:127.0.0.1", "serverAuth", from, to}, &authority());
    auto options = server_options();
    options.certificate_pem = pair.certificate, options.key_pem = pair.key;
    const auto server = started(options, say_who);
    const Error error = failure(*server, {.ca_pem = authority().certificate});
    CHECK(error.code == Code::unauthenticated);
    CHECK_MESSAGE(has(error.message, words), error.message);
    CHECK(has(error.hint, "clock"));
  }
}

TEST_CASE("a client's certificate does not make a server") {
  auto options = server_options();
  options.certificate_pem = client_pair().certificate, options.key_pem = client_pair().key;
  const auto server = started(options, say_who);
  CHECK(failure(*server, {.ca_pem = authority().certificate}).code == Code::unauthenticated);
}

TEST_CASE("insecure checks nothing, and the authority is in the chain that is sent") {
  const auto server = started(say_who);
  CHECK(http::connect({.url = url_of(*server), .insecure = true})->send({.path = "/"}, 5s));
}

TEST_CASE("TLS 1.1 is not spoken") {
  const auto server = started(say_who);
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_security_level(context, 0);
  for (const int version : {TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION}) {
    SSL_CTX_set_min_proto_version(context, TLS1_1_VERSION);
    SSL_CTX_set_max_proto_version(context, version);
    const int socket = dial(server->port());
    SSL* ssl = SSL_new(context);
    SSL_set_fd(ssl, socket);
    CHECK((SSL_connect(ssl) == 1) == (version != TLS1_1_VERSION));
    SSL_free(ssl);
    ::close(socket);
  }
  SSL_CTX_free(context);
  ERR_clear_error();
}

TEST_CASE("certificates, keys and addresses that are unusable are said so at the start") {
  auto options = server_options();
  options.key_pem = client_pair().key;
  CHECK(http::serve(options, say_who).error().code == Code::invalid_argument);
  options = server_options();
  options.certificate_pem = "rubbish";
  CHECK_FALSE(http::serve(options, say_who));
  options = server_options();
  options.client_ca_pem = "rubbish";
  CHECK_FALSE(http::serve(options, say_who));
  options = server_options();
  options.address = "not an address";
  CHECK(http::serve(options, say_who).error().code == Code::invalid_argument);
  const auto server = started(say_who);
  options = server_options();
  options.port = server->port();
  const auto second = http::serve(options, say_who);
  REQUIRE_FALSE(second);
  CHECK(second.error().message ==
        "cannot listen on 127.0.0.1:" + std::to_string(server->port()) + ": address already in use");
}
