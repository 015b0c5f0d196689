// Alerts from the rule to the webhook, and who may what of them.
#include "kontena/api/alerts.h"

#include <mutex>

#include "controllers/alert_keeper.h"
#include "harness.h"
#include "kontena/base/text.h"
#include "kontena/api/logs.h"
#include "kontena/api/stats.h"
#include "kontena/crypto/seal.h"
#include "kontena/logs/batch.h"
#include "kontena/stats/sample.h"
#include "log_keeper.h"

namespace kontena::server {
namespace {

using enum http::Method;

const std::string place = "/v1/grids/default/projects/default/";

// What stands behind the URL.
struct Outside {
  std::mutex mutex;  // webhooks are spoken to at once
  std::vector<http::Request> got;
  http::ClientOptions options;
  int status = 200;
  bool away = false;
};

class Posted final : public http::Client {
 public:
  explicit Posted(Outside& outside) : outside_(outside) {}
  Result<http::Response> send(const http::Request& request, Duration) override {
    const std::lock_guard lock(outside_.mutex);
    if (outside_.away) return Error{Code::unavailable, "cannot reach it"};
    outside_.got.push_back(request);
    return http::Response{.status = outside_.status};
  }
  Result<http::Response> stream(const http::Request&, Duration, const Bytes&) override { return Error{Code::unsupported, ""}; }
  Result<http::Response> upload(const http::Request&, Duration, const Source&) override { return Error{Code::unsupported, ""}; }

 private:
  Outside& outside_;
};

struct Place {
  World world;
  Outside outside;
  AlertKeeper keeper{world.context_};
  World::Node node = world.join("n1");
  std::string key;

  Place() {
    world.post_ = [this](http::ClientOptions options) {
      outside.options = options;
      return std::make_unique<Posted>(outside);
    };
    key = world.read<api::WebhookMade>(hook("ops")).key;
    REQUIRE(world.as_admin(put, stack_url("shop"), deploy_body({service("web")})).status == 200);
    world.run({node});
  }
  http::Response hook(const std::string& name, const std::string& of = place) {
    return world.as_admin(put, of + "webhooks/" + name, R"({"url":"https://hooks.example:8443/T0/planted-token?x=1","ca_pem":""})");
  }
  http::Response alert(const std::string& body, const std::string& name = "sick", const std::string& of = place) {
    return world.as_admin(put, of + "alerts/" + name, body);
  }
  std::string alert_body(const std::string& when, const std::string& more = "") {
    return R"({"when":")" + when + R"(","stack":"","service":"","for_ms":0,"webhooks":[])" + more + '}';
  }
  void set_health(model::Health health) {
    model::ClusterView view = *world.views_.now();
    store::Commit commit;
    view.instances.each("", [&](const auto& item) {
      const auto* status = view.statuses.get(item.key);
      model::InstanceStatus now = status ? *status : model::InstanceStatus{};
      now.health = health;
      commit.puts.push_back(store::statuses.put(item.key, now));
    });
    world.commit(commit);
  }
  void pass(int seconds) {
    for (int i = 0; i < seconds; i += 2) {
      keeper.tick();
      world.clock_.advance(Duration(2'000));
    }
    keeper.tick();
  }
  api::AlertEntry entry() { return world.read<api::AlertList>(world.as_admin(get, place + "alerts")).alerts.at(0); }
  api::Notice notice(std::size_t i) { return *codec::from_json<api::Notice>(outside.got.at(i).body); }
};

}  // namespace

TEST_CASE("a rule fires, its webhook gets a signed notice, and another when it is over") {
  Place at;
  REQUIRE(at.alert(at.alert_body("unhealthy")).status == 201);
  at.set_health(model::Health::unhealthy);
  at.pass(8);
  REQUIRE(at.outside.got.size() == 1);
  const http::Request& got = at.outside.got[0];
  CHECK(got.path == "/T0/planted-token");
  CHECK(got.query.at("x") == "1");
  CHECK(at.outside.options.url == "https://hooks.example:8443");
  CHECK(at.outside.options.ca_pem == "authorities of the host");
  const std::string header = got.header(api::signature_header);
  const std::string seconds = header.substr(2, header.find(',') - 2);
  CHECK(header == "t=" + seconds + ",v1=" + text::hex(crypto::hmac_sha256(at.key, seconds + '.' + got.body)));
  const api::Notice notice = at.notice(0);
  REQUIRE(notice.alerts.size() == 1);
  CHECK(notice.alerts[0].state == "firing");
  CHECK(notice.alerts[0].subject == "shop/web");
  CHECK(notice.alerts[0].look == "kontena client service show shop/web");
  CHECK(notice.text == "[firing] default/default sick: shop/web: 1 of 1 unhealthy: web-1 on n1");
  CHECK(at.entry().findings.at(0).firing);
  CHECK(at.entry().findings.at(0).untold.empty());
  at.set_health(model::Health::healthy);
  at.pass(24);
  REQUIRE(at.outside.got.size() == 2);
  CHECK(at.notice(1).alerts.at(0).state == "resolved");
  CHECK(at.notice(1).id != notice.id);
  CHECK_FALSE(at.entry().findings.at(0).firing);
}

TEST_CASE("what a webhook did not take is sent again later, also by a new server, and the URL is told to nobody") {
  Place at;
  REQUIRE(at.alert(at.alert_body("unhealthy")).status == 201);
  at.outside.status = 500;
  at.set_health(model::Health::unhealthy);
  at.pass(6);
  REQUIRE(at.outside.got.size() == 1);
  CHECK(at.entry().findings.at(0).untold == std::vector<std::string>{"ops"});
  const auto hooks = at.world.read<api::WebhookList>(at.world.as_admin(get, place + "webhooks"));
  CHECK(hooks.webhooks.at(0).trouble == "hooks.example:8443 answered with status 500");
  at.keeper.tick();
  CHECK(at.outside.got.size() == 1);  // it rests
  at.outside.status = 204;
  at.pass(8);
  CHECK(at.outside.got.size() == 2);
  CHECK(at.entry().findings.at(0).untold.empty());
  at.outside.away = true;
  at.set_health(model::Health::healthy);
  at.pass(24);
  AlertKeeper anew(at.world.context_);
  at.outside.away = false;
  at.world.clock_.advance(Duration(600'000));
  anew.tick();
  CHECK(at.outside.got.size() == 3);
  const auto listed = at.world.store_->list("");
  REQUIRE(listed);
  for (const auto& entry : listed->entries) {
    CHECK(entry.value.find("planted-token") == std::string::npos);
    CHECK(entry.value.find(at.key) == std::string::npos);
  }
  for (const char* path : {"webhooks", "alerts"}) CHECK(at.world.as_admin(get, place + path).body.find("planted-token") == std::string::npos);
  CHECK(at.world.as_admin(get, "/v1/audit").body.find("planted-token") == std::string::npos);
}

TEST_CASE("an alert is acknowledged, silenced, tested and removed") {
  Place at;
  REQUIRE(at.alert(at.alert_body("unhealthy")).status == 201);
  const auto tested = at.world.as_admin(post, place + "alerts/sick/test");
  REQUIRE(tested.status == 200);
  CHECK(at.world.read<api::AlertTest>(tested).results.at(0).error.empty());
  CHECK(at.notice(0).alerts.at(0).state == "test");
  at.outside.away = true;
  CHECK_FALSE(at.world.read<api::AlertTest>(at.world.as_admin(post, place + "alerts/sick/test")).results.at(0).error.empty());
  at.outside.away = false;
  at.world.clock_.advance(Duration(600'000));
  REQUIRE(at.world.as_admin(post, place + "alerts/sick/silence", R"({"for_ms":60000,"why":"moving"})").status == 200);
  at.set_health(model::Health::unhealthy);
  at.pass(30);
  CHECK(at.outside.got.size() == 1);
  CHECK(at.entry().silent_why == "moving");
  REQUIRE(at.world.as_admin(post, place + "alerts/sick/silence", R"({"for_ms":0,"why":""})").status == 200);
  at.pass(2);
  CHECK(at.outside.got.size() == 2);
  CHECK(at.world.read<api::AlertAcked>(at.world.as_admin(post, place + "alerts/sick/ack", R"({"subject":"shop/web"})")).acked == 1);
  CHECK(at.world.read<api::AlertAcked>(at.world.as_admin(post, place + "alerts/sick/ack", R"({"subject":""})")).acked == 0);
  CHECK(at.world.as_admin(post, place + "alerts/sick/ack", R"({"subject":"shop/db"})").status == 404);
  CHECK(at.entry().findings.at(0).acked_by.starts_with("admin"));
  CHECK(at.world.as_admin(del, place + "alerts/sick").status == 200);
  CHECK(at.world.views_.now()->alert_states.empty());
  CHECK(at.world.as_admin(del, place + "alerts/sick").status == 404);
}

TEST_CASE("what cannot be an alert or a webhook is refused with a reason") {
  Place at;
  const auto refused = [&](const http::Response& response, const char* why) {
    CHECK(response.status >= 400);
    CHECK_MESSAGE(response.body.find(why) != std::string::npos, response.body);
  };
  refused(at.alert(at.alert_body("sad")), "cpu, crash-loop, deploy-failed, log, memory, unhealthy, unplaced");
  refused(at.alert(at.alert_body("node-lost")), "--of-grid");
  refused(at.alert(at.alert_body("unhealthy"), "sick", "/v1/grids/default/"), "leave out --of-grid");
  refused(at.alert(at.alert_body("node-lost"), "lost", "/v1/grids/default/"), "no webhook");
  refused(at.alert(R"({"when":"unhealthy","stack":"","service":"","for_ms":-1,"webhooks":[]})"), "0 s to 24 h");
  refused(at.alert(R"({"when":"unhealthy","stack":"","service":"web","for_ms":0,"webhooks":[]})"), "STACK/SERVICE");
  refused(at.alert(R"({"when":"unhealthy","stack":"","service":"","for_ms":0,"webhooks":["none"]})"), "webhook 'none' not found");
  refused(at.alert(at.alert_body("unhealthy", R"(,"limit":80)")), "'unhealthy' has no limit");
  refused(at.alert(at.alert_body("cpu", R"(,"limit":0)")), "a percentage");
  refused(at.alert(at.alert_body("cpu", R"(,"pattern":"x")")), "has no pattern");
  refused(at.alert(R"({"when":"log","stack":"","service":"","webhooks":[]})"), "which lines is not said");
  refused(at.alert(at.alert_body("log", R"(,"pattern":"x")")), "over at least 10 s");
  refused(at.alert(R"re({"when":"log","stack":"","service":"","webhooks":[],"pattern":"("})re"), "regular expression");
  refused(at.alert(at.alert_body("unhealthy"), "Sick"), "cannot be an alert's name");
  for (const char* url : {"http://a/", "https://u:p@a/", "ftp://a", "a", "https://a/#x"})
    refused(at.world.as_admin(put, place + "webhooks/x", std::string(R"({"url":")") + url + R"(","ca_pem":""})"), "https://");
  refused(at.world.as_admin(put, place + "webhooks/x", R"({"url":"https://a/","ca_pem":"nonsense"})"), "certificate");
  REQUIRE(at.alert(R"({"when":"unhealthy","stack":"","service":"","for_ms":0,"webhooks":["ops"]})").status == 201);
  refused(at.world.as_admin(del, place + "webhooks/ops"), "the alert 'sick' names the webhook 'ops'");
}

TEST_CASE("a project that goes takes its alerts and webhooks along, and nobody else's") {
  Place at;
  const std::string bank = "/v1/grids/default/projects/bank/";
  REQUIRE(at.world.as_admin(put, "/v1/grids/default/projects/bank").status == 201);
  REQUIRE(at.hook("ops", bank).status == 201);
  REQUIRE(at.alert(at.alert_body("unhealthy"), "sick", bank).status == 201);
  REQUIRE(at.alert(at.alert_body("unhealthy")).status == 201);
  REQUIRE(at.world.as_admin(del, "/v1/grids/default/projects/bank").status == 200);
  const View view = at.world.views_.now();
  CHECK(view->alert_rules.size() == 1);
  CHECK(view->webhooks.size() == 1);
  CHECK(view->alert_rules.get("default/default/sick"));
}

TEST_CASE("a lost node is told to the grid's webhook alone") {
  Place at;
  REQUIRE(at.hook("night", "/v1/grids/default/").status == 201);
  REQUIRE(at.alert(at.alert_body("node-lost"), "lost", "/v1/grids/default/").status == 201);
  const auto n2 = at.world.join("n2"), n3 = at.world.join("n3");
  at.world.pass(Duration(20'000), {n2, n3});
  at.pass(10);
  REQUIRE(at.outside.got.size() == 1);
  CHECK(at.notice(0).project.empty());
  CHECK(at.notice(0).alerts.at(0).subject == "n1");
  CHECK(at.notice(0).alerts.at(0).look == "kontena client why n1");
}

TEST_CASE("alerts of a stack's file come with its deploys and go with it") {
  Place at;
  const auto deploy = [&](const std::string& alerts) {
    std::string body = deploy_body({service("web")});
    return at.world.as_admin(put, stack_url("shop"), body.insert(body.find("\"services\""), "\"alerts\":" + alerts + ','));
  };
  const std::string busy = R"("busy":{"kind":"cpu","service":"web","for_ms":60000,"limit":80,"pattern":"","webhooks":["ops"]})";
  const std::string sorry = R"("sorry":{"kind":"log","service":"","pattern":"ERROR","webhooks":[]})";
  const auto made = deploy('{' + busy + ',' + sorry + '}');
  REQUIRE_MESSAGE(made.status < 300, made.body);
  const auto rule = [&](const std::string& name) { return at.world.views_.now()->alert_rules.get("default/default/" + name); };
  REQUIRE(rule("shop-busy"));
  CHECK(rule("shop-busy")->limit == 80);
  CHECK(rule("shop-busy")->service == "web");
  CHECK(rule("shop-busy")->of_stack == "shop");
  REQUIRE(rule("shop-sorry"));
  CHECK(rule("shop-sorry")->for_ms == 300'000);
  // What it says is the file's, whether it tells is people's.
  REQUIRE(at.world.as_admin(post, place + "alerts/shop-busy/silence", R"({"for_ms":60000,"why":""})").status == 200);
  CHECK(at.alert(at.alert_body("unhealthy"), "shop-busy").status == 409);
  CHECK(at.world.as_admin(del, place + "alerts/shop-busy").status == 409);
  REQUIRE(deploy('{' + busy + '}').status < 300);
  CHECK(rule("shop-busy")->silent_until_ms > 0);
  CHECK_FALSE(rule("shop-sorry"));
  CHECK(deploy(R"({"x":{"kind":"disk"}})").body.find("it is about nodes") != std::string::npos);
  CHECK(deploy(R"({"x":{"kind":"cpu","service":"no"}})").body.find("the stack has no service 'no'") != std::string::npos);
  CHECK(deploy(R"({"x":{"kind":"cpu","webhooks":["no"]}})").body.find("alert 'x': webhook 'no' not found") != std::string::npos);
  REQUIRE(at.alert(at.alert_body("unhealthy"), "shop-mine").status == 201);
  CHECK(deploy(R"({"mine":{"kind":"cpu"}})").body.find("not this stack's") != std::string::npos);
  REQUIRE(at.world.as_admin(del, stack_url("shop")).status == 200);
  CHECK_FALSE(rule("shop-busy"));
  CHECK(rule("shop-mine"));
}

TEST_CASE("a line of a log that matches fires, is told with its text, and is over after its time") {
  Place at;
  at.world.log_keeper_.tick();
  REQUIRE(at.alert(R"({"when":"log","stack":"shop","service":"","for_ms":20000,"webhooks":[],"pattern":"ERR(OR)?:"})").status == 201);
  const auto view = at.world.views_.now();
  const model::Instance* web = nullptr;
  view->instances.each("default/default/shop/web/", [&](const auto& item) { web = &item.value; });
  REQUIRE(web);
  std::uint64_t number = 0;
  const auto say = [&](const std::string& text) {
    logs::Section section{.instance = *web->id, .project = web->project, .stack = web->stack, .service = web->service, .slot = web->slot, .container = "c"};
    section.lines.push_back({.time_ns = to_ms(at.world.clock_.now()) * 1'000'000, .text = text});
    REQUIRE(at.world.as_node(at.node, post, std::string(api::paths::agent_logs), logs::encode({.spool = "s", .number = ++number, .sections = {section}})).status == 200);
  };
  say("all is well");
  at.pass(4);
  CHECK(at.entry().findings.empty());
  say("ERROR: disk on fire");
  at.pass(10);
  REQUIRE(at.outside.got.size() == 1);
  CHECK(at.notice(0).alerts.at(0).summary == "lines of the log match in 20s: 1, web-1: ERROR: disk on fire");
  CHECK(at.notice(0).alerts.at(0).look == "kontena client logs shop/web");
  // A server that begins anew goes through what is kept.
  AlertKeeper anew(at.world.context_);
  anew.tick();
  at.world.clock_.advance(Duration(16'000));
  anew.tick();
  CHECK(at.entry().findings.at(0).firing);
  at.pass(60);
  CHECK_FALSE(at.entry().findings.at(0).firing);
}

TEST_CASE("an alert about use, and one about the node's disk, from what agents tell") {
  Place at;
  REQUIRE(at.hook("night", "/v1/grids/default/").status == 201);
  REQUIRE(at.alert(at.alert_body("cpu", R"(,"limit":80)")).status == 201);
  REQUIRE(at.alert(at.alert_body("disk", R"(,"limit":90)"), "full", "/v1/grids/default/").status == 201);
  const auto view = at.world.views_.now();
  std::string id;
  view->instances.each("default/default/shop/web/", [&](const auto& item) { id = *item.value.id; });
  stats::Sample instance{.instance = id}, node{};
  instance.values[stats::cpu_milli] = 950;
  node.values[stats::disk_used] = 95, node.values[stats::disk_size] = 100;
  REQUIRE(at.world.as_node(at.node, post, std::string(api::paths::agent_stats), stats::encode({.samples = {instance, node}})).status == 200);
  at.pass(10);
  CHECK(at.outside.got.size() == 2);
  CHECK(at.entry().findings.at(0).summary == "1 of 1 over 80% CPU: web-1 on n1: 95% of a processor");
  at.pass(90);  // nothing new is heard: nobody knows
  CHECK_FALSE(at.entry().findings.at(0).firing);
}

}  // namespace kontena::server
