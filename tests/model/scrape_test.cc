#include "kontena/model/scrape.h"

#include <doctest/doctest.h>

#include "problems.h"

using namespace kontena;
using namespace kontena::model;

TEST_CASE("a label says at which port and path a service tells Prometheus of itself") {
  CHECK(parse_scrape("9090")->port == 9'090);
  CHECK(parse_scrape("9090")->path == "/metrics");
  CHECK(parse_scrape("80/")->path == "/metrics");
  CHECK(parse_scrape("65535/a/b-c_d.e")->path == "/a/b-c_d.e");
  for (const char* wrong : {"", "/metrics", "0", "65536", "-1", "http", "9090 ", "+1", "9090/a b", "9090/a?b=c", "9090/a#b", "9090/a\"b", "9090/a\nb", "9090,9091"}) {
    CAPTURE(wrong);
    CHECK(parse_scrape(wrong).error().code == Code::invalid_argument);
  }
  CHECK(parse_scrape("1/" + std::string(199, 'a')));
  CHECK_FALSE(parse_scrape("1/" + std::string(200, 'a')));
}

TEST_CASE("the service's own label counts before that of its containers") {
  const StringMap nine{{"io.kontena.scrape", "9"}}, eight{{"io.kontena.scrape", "8"}};
  CHECK(scrape_of({}, {}) == nullptr);
  CHECK(*scrape_of({}, eight) == "8");
  CHECK(*scrape_of(nine, eight) == "9");
}

TEST_CASE("a label that cannot be followed is refused") {
  const auto with = [](const std::string& value, const std::string& mode = "") {
    return with_service("web", [&](ServiceSpec& service) {
      service.labels["io.kontena.scrape"] = value;
      if (mode.empty()) return;
      service.network_mode = mode;
      service.networks = {};
      service.ports = {};
      service.hostname = {};
    });
  };
  CHECK(with("9090/metrics").empty());
  CHECK(with("9090/metrics", "host").find("scrape") == std::string::npos);
  CHECK(with("metrics") == "services.web.labels: 'io.kontena.scrape': 'metrics' is not PORT or PORT/PATH, such as 9090 or 9090/metrics\n");
  CHECK(with("9090", "none").find("services.web.labels: 'io.kontena.scrape': with network_mode none the service has no address") != std::string::npos);
  CHECK(with("9090", "service:db").find("the label belongs to 'db'") != std::string::npos);
  CHECK(with_service("web", [](ServiceSpec& service) { service.own_labels["io.kontena.scrape"] = "0"; }).starts_with("services.web.own_labels: "));
  CHECK(with_service("web", [](ServiceSpec& service) { service.labels["io.kontena.scraped"] = "1"; }).find("are reserved") != std::string::npos);
}
