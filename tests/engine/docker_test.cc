// What is said to Docker and what is made of its answers, with the answers
// written here: those that the engine at hand would not give.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>

#include "../../src/engine/docker/engine.h"
#include "kontena/base/text.h"
#include "kontena/engine/open.h"

using namespace kontena;
using namespace kontena::engine;
using namespace kontena::engine::docker;
using http::Method;
using http::Request;
using http::Response;

namespace {

// An engine of made-up answers, by "METHOD path". A list is worked off, and its
// last answer is for all further requests.
struct Script {
  struct Answer {
    int status = 200;
    std::string body = "{}";
    std::optional<Code> then_fails = {};  // after the body
  };
  std::string most = "1.41", least = "1.12", version = "20.10.24";
  std::map<std::string, std::vector<Answer>> answers;
  std::vector<std::string> asked;  // all but the greeting
  std::vector<Request> requests;   // likewise
  int greetings = 0;

  const Request& last(const std::string& path) const {
    const auto found =
        std::find_if(requests.rbegin(), requests.rend(), [&](const Request& r) { return r.path == path; });
    REQUIRE(found != requests.rend());
    return *found;
  }
};

class Canned final : public http::Client {
 public:
  explicit Canned(Script& script) : script_(script) {}

  Result<Response> send(const Request& request, Duration) override { return answer(request, nullptr); }
  Result<Response> stream(const Request& request, Duration, const Bytes& on_bytes) override {
    return answer(request, &on_bytes);
  }
  Result<Response> upload(const Request&, Duration, const Source&) override {
    return Error{Code::unsupported, "nothing is uploaded"};
  }

 private:
  Result<Response> answer(const Request& request, const Bytes* on_bytes) {
    constexpr std::array names{"GET", "HEAD", "PUT", "POST", "DELETE"};
    const std::string asked = names[static_cast<std::size_t>(request.method)] + (" " + request.path);
    if (asked == "GET /_ping") {
      ++script_.greetings;
      return Response{.headers = {{"api-version", script_.most}}, .body = "OK"};
    }
    if (asked == "GET /version")
      return Response{.body = R"({"Version":")" + script_.version + R"(","ApiVersion":")" + script_.most +
                              R"(","MinAPIVersion":")" + script_.least + R"(","Os":"linux","Arch":"arm64"})"};
    script_.asked.push_back(asked);
    script_.requests.push_back(request);
    const auto found = script_.answers.find(asked);
    if (found == script_.answers.end()) return Response{.status = 404, .body = R"({"message":"no such thing"})"};
    const Script::Answer answer = found->second.front();
    if (found->second.size() > 1) found->second.erase(found->second.begin());
    Response response{.status = answer.status, .body = answer.body};
    if (on_bytes && answer.status < 300) {
      for (std::size_t at = 0; at < answer.body.size(); at += 7)
        if (!(*on_bytes)(std::string_view(answer.body).substr(at, 7))) return response;
      response.body.clear();
    }
    if (answer.then_fails) return Error{*answer.then_fails, "as the script says"};
    return response;
  }

  Script& script_;
};

DockerEngine engine_of(Script& script) { return {"/run/docker.sock", std::make_unique<Canned>(script)}; }

ContainerSpec two_networks() {
  ContainerSpec spec;
  spec.name = "web-1";
  spec.service.image = "busybox";
  spec.service.command = {"sleep", "1"};
  spec.service.networks = {{"a", {}}, {"b", {}}};
  spec.networks = {{"a", "net_a"}, {"b", "net_b"}};
  return spec;
}

void know_networks(Script& script, const std::string& version) {
  for (const std::string name : {"net_a", "net_b"})
    script.answers["GET /v" + version + "/networks/" + name] = {{200, R"({"Name":")" + name + R"("})"}};
}

}  // namespace

TEST_CASE("of our dialects the newest that the engine takes is chosen") {
  struct Row {
    std::string least, most, chosen;
  };
  for (const Row& row : {Row{"1.12", "1.41", "1.41"}, Row{"1.12", "1.42", "1.41"}, Row{"1.12", "1.43", "1.43"}, Row{"1.24", "1.47", "1.45"}, Row{"1.24", "1.44", "1.44"},
                         Row{"1.44", "1.52", "1.49"}, Row{"1.40", "1.56", "1.49"}, Row{"", "1.41", "1.41"},
                         Row{"1.12", "2.0", "1.49"}}) {
    CAPTURE(row.most);
    const auto chosen = choose("29.0", row.least, row.most);
    REQUIRE(chosen);
    CHECK(name(*chosen) == row.chosen);
  }
}

TEST_CASE("an engine that is too old, too new, or none is refused by name") {
  auto old = choose("19.03.15", "1.12", "1.40");
  REQUIRE_FALSE(old);
  CHECK(old.error().code == Code::unsupported);
  CHECK(old.error().message == "Docker 19.03.15 speaks API 1.12 to 1.40, too old: kontena speaks 1.41 to 1.49");
  CHECK(old.error().hint == "upgrade Docker to 20.10 or newer");
  auto modern = choose("40.0", "1.60", "1.70");
  REQUIRE_FALSE(modern);
  CHECK(modern.error().message == "Docker 40.0 speaks API 1.60 to 1.70, too new: kontena speaks 1.41 to 1.49");
  auto none = choose("", "", "");
  REQUIRE_FALSE(none);
  CHECK(none.error().code == Code::unsupported);
}

TEST_CASE("a socket on which nobody listens is told with what to do about it") {
  const auto engine = open_docker("/nonexistent/docker.sock");
  const auto facts = engine->facts();
  REQUIRE_FALSE(facts);
  CHECK(facts.error().code == Code::unavailable);
  CHECK(facts.error().message.starts_with("no Docker engine answers on /nonexistent/docker.sock: "));
  CHECK(facts.error().hint.find("--docker-socket") != std::string::npos);
  CHECK(engine->list("n1").error().code == Code::unavailable);
  CHECK(engine->watch("n1", [](const Event&) { return true; }).error().code == Code::unavailable);
}

TEST_CASE("facts are put together from what the engine says of itself and of its machine") {
  Script script{.most = "1.52", .least = "1.44", .version = "29.0.1"};
  script.answers["GET /v1.49/info"] = {{200, R"({"Name":"h1","NCPU":4,"MemTotal":8000000000})"}};
  DockerEngine engine = engine_of(script);
  const auto facts = engine.facts();
  REQUIRE(facts);
  CHECK(facts->version == "29.0.1");
  CHECK(facts->api_version == "1.49");
  CHECK(facts->architecture == "arm64");
  CHECK(facts->hostname == "h1");
  CHECK(facts->nano_cpus == 4'000'000'000);
  CHECK(facts->memory_bytes == 8'000'000'000);
}

TEST_CASE("the version is agreed on once, and again after the engine was away or upgraded") {
  Script script;
  script.answers["GET /v1.41/containers/json"] = {{200, "[]"}};
  DockerEngine engine = engine_of(script);
  CHECK(engine.list("n1"));
  CHECK(engine.list("n1"));
  CHECK(script.greetings == 1);

  script.answers["GET /v1.41/containers/json"] = {{200, "", Code::unavailable}, {200, "[]"}};
  CHECK(engine.list("n1").error().code == Code::unavailable);
  CHECK(engine.list("n1"));
  CHECK(script.greetings == 2);

  script.most = "1.52", script.least = "1.44";
  script.answers["GET /v1.41/containers/json"] = {
      {400, R"({"message":"client version 1.41 is too old. Minimum supported API version is 1.44"})"}};
  script.answers["GET /v1.49/containers/json"] = {{200, R"([{"Id":"c1","State":"running"}])"}};
  const auto list = engine.list("n1");
  REQUIRE(list);
  CHECK(list->size() == 1);
  CHECK(script.greetings == 3);
}

TEST_CASE("only our containers are asked for") {
  Script script;
  script.answers["GET /v1.41/containers/json"] = {{200, "[]"}};
  DockerEngine engine = engine_of(script);
  CHECK(engine.list("n1"));
  const auto& query = script.requests.at(0).query;
  CHECK(query.at("filters") == R"({"label":["io.kontena.node=n1"]})");
  CHECK(query.at("all") == "1");
}

TEST_CASE("at 1.44 a container is created in all its networks at once") {
  Script script{.most = "1.44"};
  know_networks(script, "1.44");
  script.answers["POST /v1.44/containers/create"] = {{201, R"({"Id":"c1"})"}};
  DockerEngine engine = engine_of(script);
  CHECK(*engine.create(two_networks()) == "c1");
  CHECK(script.asked.back() == "POST /v1.44/containers/create");
  const Request& made = script.last("/v1.44/containers/create");
  CHECK(made.query.at("name") == "web-1");
  const auto body = codec::Document::parse(made.body);
  CHECK(codec::members(*codec::find_path(body->root(), {"NetworkingConfig", "EndpointsConfig"})).size() == 2);
  CHECK(codec::string_at(body->root(), {"Image"}) == "busybox:latest");
}

TEST_CASE("a container that cannot join a network is not left behind") {
  Script script;
  know_networks(script, "1.41");
  script.answers["POST /v1.41/containers/create"] = {{201, R"({"Id":"c1"})"}};
  script.answers["POST /v1.41/networks/net_b/connect"] = {{500, R"({"message":"no address is free"})"}};
  script.answers["DELETE /v1.41/containers/c1"] = {{204, ""}};
  DockerEngine engine = engine_of(script);
  const auto created = engine.create(two_networks());
  REQUIRE_FALSE(created);
  CHECK(created.error().message == "joining the network 'net_b': no address is free");
  CHECK(script.asked.back() == "DELETE /v1.41/containers/c1");
}

TEST_CASE("a command that was cleared leaves the image's entrypoint") {
  Script script;
  know_networks(script, "1.41");
  script.answers["GET /v1.41/images/busybox%3Alatest/json"] = {{200, R"({"Config":{"Entrypoint":["/entry"]}})"}};
  script.answers["POST /v1.41/containers/create"] = {{400, R"({"message":"odd"})"}};
  DockerEngine engine = engine_of(script);
  ContainerSpec spec = two_networks();
  spec.service.command.emplace();
  CHECK(engine.create(spec).error().code == Code::invalid_argument);
  const auto body = codec::Document::parse(script.last("/v1.41/containers/create").body);
  CHECK(codec::to_json(model::Strings{"/entry"}) == [&] {
    codec::Document entrypoint;
    codec::copy(entrypoint.root(), *codec::find(body->root(), "Entrypoint"));
    return entrypoint.dump();
  }());
  CHECK(codec::elements(*codec::find(body->root(), "Cmd")).empty());
}

TEST_CASE("the grace of a stop is in whole seconds, rounded up") {
  Script script;
  script.answers["POST /v1.41/containers/c1/stop"] = {{204, ""}};
  DockerEngine engine = engine_of(script);
  for (const auto& [grace, seconds] :
       {std::pair(0, "0"), std::pair(1, "1"), std::pair(1000, "1"), std::pair(1001, "2")}) {
    CHECK(engine.stop("c1", Duration(grace)));
    CHECK(script.requests.back().query.at("t") == seconds);
  }
}

TEST_CASE("a removal that is under way is waited for") {
  Script script;
  script.answers["DELETE /v1.41/containers/c1"] = {
      {409, R"({"message":"removal of container c1 is already in progress"})"}};
  script.answers["POST /v1.41/containers/c1/wait"] = {{200, R"({"StatusCode":0})"}};
  DockerEngine engine = engine_of(script);
  CHECK(engine.remove("c1"));
  CHECK(script.requests.back().query.at("condition") == "removed");
}

TEST_CASE("a pull asks for one version, adds up its layers, and fails where its stream says so") {
  Script script;
  const std::string stream = R"({"status":"Downloading","progressDetail":{"current":10,"total":40},"id":"a"})"
                             "\r\n"
                             R"({"status":"Download complete","id":"a"})"
                             "\r\n";
  script.answers["POST /v1.41/images/create"] = {{200, stream}};
  DockerEngine engine = engine_of(script);
  std::vector<std::int64_t> done;
  CHECK(engine.pull("r:5000/app", nullptr, [&](const PullProgress& p) { done.push_back(p.done_bytes); }));
  CHECK(done == std::vector<std::int64_t>{10, 40});
  CHECK(script.requests.back().query == http::Query{{"fromImage", "r:5000/app"}, {"tag", "latest"}});

  script.answers["POST /v1.41/images/create"] = {
      {200, stream + R"({"errorDetail":{"message":"manifest unknown\nreally"},"error":"x"})"}};
  auto failed = engine.pull("app:2", nullptr, {});
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == Code::not_found);
  CHECK(failed.error().message == "pulling 'app:2': manifest unknown really");

  const RegistryUser user{"r:5000", "ci", Redacted("h?sh>>")};
  script.answers["POST /v1.41/images/create"] = {{200, stream}};
  CHECK(engine.pull("r:5000/app", &user, {}));
  const auto sent = script.requests.back().headers.find("x-registry-auth");
  REQUIRE(sent != script.requests.back().headers.end());
  CHECK(sent->second == text::base64_url(R"({"password":"h?sh>>","serveraddress":"r:5000","username":"ci"})"));

  script.answers["POST /v1.41/images/create"] = {{200, stream, Code::unavailable}};
  CHECK(engine.pull("app:2", nullptr, {}).error().code == Code::unavailable);
  script.answers["POST /v1.41/images/create"] = {{500, R"({"message":"unauthorized: log in"})"}};
  CHECK(engine.pull("app:2", nullptr, {}).error().code == Code::permission_denied);
  script.answers["POST /v1.41/images/create"] = {{200, stream, Code::deadline_exceeded}};
  CHECK(engine.pull("app:2", nullptr, {}).error().code == Code::deadline_exceeded);
}

TEST_CASE("a silent stream of events is taken up where it ended") {
  Script script;
  const auto event = [](const std::string& action, const std::string& id, const std::string& ns) {
    return R"({"Type":"container","Action":")" + action + R"(","Actor":{"ID":")" + id + R"("},"timeNano":)" + ns +
           "}\n";
  };
  script.answers["GET /v1.41/events"] = {{200, event("start", "c1", "3000000000000000001"), Code::deadline_exceeded},
                                         {200, "", Code::deadline_exceeded},
                                         {200, event("die", "c1", "3000000000000000009"), Code::unavailable}};
  DockerEngine engine = engine_of(script);
  std::vector<Event> heard;
  const auto status = engine.watch("n1", [&](const Event& e) { return heard.push_back(e), true; });
  CHECK(status.error().code == Code::unavailable);
  REQUIRE(heard.size() == 5);
  CHECK(heard[0].happened == Happened::other);
  CHECK(heard[1].happened == Happened::started);
  CHECK(heard[2].happened == Happened::other);
  CHECK(heard[3].happened == Happened::other);
  CHECK(heard[4].happened == Happened::died);
  REQUIRE(script.requests.size() == 3);
  CHECK(script.requests[1].query.at("since") == "3000000000.000000002");
  CHECK(script.requests[2].query.at("since") == "3000000000.000000002");
}

TEST_CASE("events end when the sink has had enough, or the engine has") {
  Script script;
  script.answers["GET /v1.41/events"] = {{200, ""}};
  DockerEngine engine = engine_of(script);
  CHECK(engine.watch("n1", [](const Event&) { return false; }));
  CHECK(script.requests.empty());
  CHECK(engine.watch("n1", [](const Event&) { return true; }));
  CHECK(script.requests.size() == 1);
  script.answers["GET /v1.41/events"] = {{500, R"({"message":"ill"})"}};
  CHECK(engine.watch("n1", [](const Event&) { return true; }).error().message == "listening for events: ill");
}

TEST_CASE("a silent log is taken up after its last line") {
  Script script;
  script.answers["GET /v1.41/containers/c1/json"] = {{200, R"({"Config":{"Tty":true}})"}};
  script.answers["GET /v1.41/containers/c1/logs"] = {
      {200, "2026-11-22T10:15:01.519057732Z one\r\n", Code::deadline_exceeded}, {200, "2026-11-22T10:15:02Z two\r\n"}};
  DockerEngine engine = engine_of(script);
  model::Strings seen;
  const LogOptions options{.follow = true, .tail = 5, .beat = Duration(10)};
  CHECK(engine.logs("c1", options, [&](const LogLine& line) { return seen.push_back(line.text), true; }));
  CHECK(seen == model::Strings{"one", "", "two"});
  CHECK(script.requests[1].query.at("tail") == "5");
  CHECK_FALSE(script.requests[1].query.contains("since"));
  CHECK(script.requests[2].query.at("since") == "1795342501.519057733");
  CHECK(script.requests[2].query.at("tail") == "10000");
}

TEST_CASE("names are put into paths with care") {
  CHECK(segments("r:5000/a b/ü?x") == "r%3A5000/a%20b/%C3%BC%3Fx");
  Script script;
  DockerEngine engine = engine_of(script);
  CHECK(engine.start("../images/x").error().code == Code::not_found);
  CHECK(script.asked.back() == "POST /v1.41/containers/..%2Fimages%2Fx/start");
}

TEST_CASE("the engine's own words come on one line, with a code of ours") {
  CHECK(refusal({.status = 500, .body = R"({"message":"a\nb"})"}).message == "a b");
  CHECK(refusal({.status = 500, .body = " plain text \n"}).message == "plain text");
  CHECK(refusal({.status = 500, .body = ""}).message == "the engine answered with status 500");
  CHECK(refusal({.status = 409, .body = ""}).code == Code::conflict);
}
