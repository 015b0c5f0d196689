#include "metrics.h"

#include <doctest/doctest.h>

#include "harness.h"
#include "kontena/codec/json.h"
#include "scrape.h"

namespace kontena::server {
namespace {

using enum http::Method;

// Every target there is, as "ADDRESS PATH STACK/SERVICE-SLOT@NODE NETWORK".
std::vector<std::string> targets(World& world) {
  const auto document = codec::Document::parse(scrape_targets(*world.views_.now()));
  REQUIRE(document);
  REQUIRE(codec::is_array(document->root()));
  std::vector<std::string> all;
  for (const auto& each : codec::elements(document->root())) {
    const auto label = [&](const char* name) { return codec::string_at(each, {"labels", name}); };
    std::string address;
    for (const auto& target : codec::elements(*codec::find(each, "targets"))) REQUIRE(codec::take(target, address));
    CHECK(label("__meta_kontena_grid") == "default");
    CHECK(label("__meta_kontena_project") == "default");
    CHECK_FALSE(label("__meta_kontena_instance").empty());
    all.push_back(address + ' ' + label("__metrics_path__") + ' ' + label("__meta_kontena_stack") + '/' + label("__meta_kontena_service") + '-' +
                  label("__meta_kontena_slot") + '@' + label("__meta_kontena_node") + ' ' + label("__meta_kontena_network"));
  }
  return all;
}

model::ServiceSpec scraped(const std::string& name, const std::string& label, std::int64_t replicas = 1) {
  auto spec = service(name, replicas);
  spec.labels["io.kontena.scrape"] = label;
  return spec;
}

}  // namespace

TEST_CASE("running instances of services that carry the label are targets, at their addresses in the cluster") {
  World world;
  const auto node = world.join("n1");
  world.liveness_.look(*world.views_.now());
  CHECK(scrape_targets(*world.views_.now()) == "[]");
  auto on_host = scraped("host", "9100/host");
  on_host.networks = {};
  on_host.network_mode = "host";
  REQUIRE(world.as_admin(put, stack_url("shop"), deploy_body({scraped("web", "8080/m", 2), service("db"), on_host})).status == 200);
  world.settle();
  CHECK(targets(world).empty());  // none runs yet
  world.obey(node);
  world.settle();
  std::vector<std::string> wanted{"10.0.0.9:9100 /host shop/host-1@n1 host"};
  for (const model::Instance& i : world.instances())
    if (i.service == "web") wanted.push_back(i.addresses.at("shop.default") + ":8080 /m shop/web-" + std::to_string(i.slot) + "@n1 shop.default");
  auto found = targets(world);
  std::ranges::sort(found), std::ranges::sort(wanted);
  CHECK(found == wanted);
  REQUIRE(wanted.size() == 3);
}

TEST_CASE("the service's own label counts at once, and replaces no container") {
  World world;
  const auto node = world.join("n1");
  world.liveness_.look(*world.views_.now());
  const auto deploy = [&](const std::string& own) {
    auto spec = scraped("web", "8080");
    if (!own.empty()) spec.own_labels["io.kontena.scrape"] = own;
    REQUIRE(world.as_admin(put, stack_url("shop"), deploy_body({spec})).status == 200);
    world.settle(), world.obey(node), world.settle();
  };
  deploy("");
  const std::string first = *world.instances().at(0).id;
  CHECK(targets(world).at(0).find(":8080 /metrics ") != std::string::npos);
  deploy("9090/own");
  CHECK(targets(world).at(0).find(":9090 /own ") != std::string::npos);
  CHECK(*world.instances().at(0).id == first);
}

TEST_CASE("a label that cannot be followed refuses the deploy") {
  World world;
  const auto refused = world.as_admin(put, stack_url("shop"), deploy_body({scraped("web", "metrics")}));
  CHECK(refused.status == 400);
  CHECK(refused.body.find("services.web.labels: 'io.kontena.scrape': 'metrics' is not PORT or PORT/PATH") != std::string::npos);
}

TEST_CASE("where metrics are there are targets too, as JSON, and nothing else") {
  World world;
  const auto targets = metrics_page(world.context_, "/sd");
  REQUIRE(targets);
  CHECK(targets->content_type == "application/json");
  CHECK(targets->body == "[]");
  CHECK(metrics_page(world.context_, "/metrics")->body.find("kontena_build_info{version=") != std::string::npos);
  CHECK_FALSE(metrics_page(world.context_, "/"));
  CHECK_FALSE(metrics_page(world.context_, "/v1/grids"));
}

}  // namespace kontena::server
