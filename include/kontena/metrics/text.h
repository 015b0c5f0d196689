#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>

// What Prometheus reads: its text format 0.0.4.
namespace kontena::metrics {

using Labels = std::initializer_list<std::pair<std::string_view, std::string>>;

std::string decimal(std::int64_t thousandths);  // "0.250"

// All samples of one name stand together, whatever the order in which they are added.
class Text {
 public:
  // `type`: "gauge" or "counter"; the name of a counter ends with _total. The first `help` of a name counts.
  void add(std::string_view name, std::string_view type, std::string_view help, const Labels&, const std::string& value);
  std::string text() const;

 private:
  std::map<std::string, std::string> families_;
};

}  // namespace kontena::metrics
