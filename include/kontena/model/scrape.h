#pragma once

#include <string>
#include <string_view>

#include "kontena/base/result.h"
#include "kontena/model/service.h"

// The label by which a service says that its instances have metrics for Prometheus, and where.
namespace kontena::model {

inline constexpr std::string_view scrape_label = "io.kontena.scrape";

struct Scrape {
  int port = 0;
  std::string path;  // "/metrics" unless said
};

// Reads "PORT" or "PORT/PATH". Code::invalid_argument says what is wrong with it.
Result<Scrape> parse_scrape(const std::string& text);

// What a service's own labels (deploy.labels) say, or else those of its containers (labels); null = it has none.
const std::string* scrape_of(const StringMap& own_labels, const StringMap& labels);

}  // namespace kontena::model
