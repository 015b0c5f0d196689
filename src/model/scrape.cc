#include "kontena/model/scrape.h"

#include "kontena/base/text.h"
#include "validate.h"

namespace kontena::model {
namespace {

constexpr std::size_t longest_path = 200;

// What stands in a URL's path as it is.
bool is_path(std::string_view text) {
  constexpr std::string_view others = "/-._~%!$&'()*+,;=:@";
  for (const char c : text) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!word && others.find(c) == std::string_view::npos) return false;
  }
  return text.size() <= longest_path;
}

}  // namespace

Result<Scrape> parse_scrape(const std::string& text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto port = text::integer(std::string_view(text).substr(0, slash));
  const std::string path = text.substr(slash);
  if (!port || *port < 1 || *port > 65'535 || !is_path(path))
    return Error{Code::invalid_argument, quoted(text.substr(0, 100)) + " is not PORT or PORT/PATH, such as 9090 or 9090/metrics"};
  return Scrape{static_cast<int>(*port), path.size() > 1 ? path : "/metrics"};
}

const std::string* scrape_of(const StringMap& own_labels, const StringMap& labels) {
  for (const StringMap* map : {&own_labels, &labels})
    if (const auto found = map->find(std::string(scrape_label)); found != map->end()) return &found->second;
  return nullptr;
}

void check_scrape(Problems& problems, const std::string& path, const ServiceSpec& spec) {
  for (const auto& [field, map] : {std::pair(".own_labels", &spec.own_labels), std::pair(".labels", &spec.labels)}) {
    const auto found = map->find(std::string(scrape_label));
    if (found == map->end()) continue;
    const std::string label = quoted(scrape_label) + ": ";
    if (const auto read = parse_scrape(found->second); !read) problems.add(path + field, label + read.error().message);
    if (spec.network_mode.empty() || spec.network_mode == "host") continue;
    const bool of_other = spec.network_mode.starts_with("service:");
    problems.add(path + field, label + "with network_mode " + spec.network_mode + " the service has no address in the cluster" +
                                   (of_other ? ": the label belongs to " + quoted(spec.network_mode.substr(8)) : ""));
  }
}

}  // namespace kontena::model
