#include <string>

#include "kontena/base/text.h"
#include "kontena/store/table.h"

namespace kontena::store {

std::string frame_record(std::string json) { return std::to_string(record_format) + ' ' + std::move(json); }

Result<std::string_view> unframe_record(std::string_view key, std::string_view value) {
  const auto blank = value.find(' ');
  const auto format = text::integer(value.substr(0, blank));
  if (blank == std::string_view::npos || !format || *format < 1)
    return Error{Code::corrupt, "record '" + std::string(key) + "' has no format number"};
  if (*format > record_format)
    return Error{Code::unsupported,
                 "record '" + std::string(key) + "' has format " + std::to_string(*format) +
                     ", this version of kontena reads up to " + std::to_string(record_format),
                 "install the version of kontena that wrote it, or a newer one"};
  return value.substr(blank + 1);
}

}  // namespace kontena::store
