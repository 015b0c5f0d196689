#include "kontena/base/error.h"

#include <algorithm>
#include <array>

namespace kontena {
namespace {

struct Row {
  Code code;
  std::string_view name;
  int http;
  int exit;
};

constexpr std::array table{
    Row{Code::invalid_argument, "invalid_argument", 400, 2},
    Row{Code::unauthenticated, "unauthenticated", 401, 6},
    Row{Code::permission_denied, "permission_denied", 403, 6},
    Row{Code::not_found, "not_found", 404, 4},
    Row{Code::already_exists, "already_exists", 409, 5},
    Row{Code::conflict, "conflict", 409, 5},
    Row{Code::failed_precondition, "failed_precondition", 409, 5},
    Row{Code::expired, "expired", 410, 1},
    Row{Code::exhausted, "exhausted", 429, 1},
    Row{Code::unplaceable, "unplaceable", 409, 11},
    Row{Code::unhealthy, "unhealthy", 409, 10},
    Row{Code::unavailable, "unavailable", 503, 7},
    Row{Code::deadline_exceeded, "deadline_exceeded", 504, 8},
    Row{Code::unsupported, "unsupported", 501, 1},
    Row{Code::corrupt, "corrupt", 500, 1},
    Row{Code::internal, "internal", 500, 1},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (static_cast<std::size_t>(table[i].code) != i) return false;
  return true;
}
static_assert(in_order(), "a row for each Code, in the order of the enum");

const Row& row(Code code) { return table[static_cast<std::size_t>(code)]; }

}  // namespace

std::string_view name(Code code) { return row(code).name; }
int http_status(Code code) { return row(code).http; }
int exit_status(Code code) { return row(code).exit; }

std::optional<Code> code_named(std::string_view name) {
  const auto found = std::ranges::find(table, name, &Row::name);
  return found == table.end() ? std::nullopt : std::optional(found->code);
}

}  // namespace kontena
