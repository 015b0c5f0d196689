#include "kontena/api/endpoints.h"

#include "kontena/base/panic.h"
#include "kontena/http/message.h"

namespace kontena::api {

std::string path(std::string_view pattern, std::initializer_list<std::string_view> values) {
  std::string filled;
  auto value = values.begin();
  while (true) {
    const auto open = pattern.find('{');
    filled += pattern.substr(0, open);
    if (open == std::string_view::npos) break;
    KTN_ASSERT(value != values.end(), "a value for each name of the pattern");
    filled += http::percent_encode(*value++);
    pattern.remove_prefix(pattern.find('}') + 1);
  }
  KTN_ASSERT(value == values.end(), "a name in the pattern for each value");
  return filled;
}

}  // namespace kontena::api
