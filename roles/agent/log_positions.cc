#include "log_positions.h"

namespace kontena::agent {
namespace {

void put(std::string& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) to.push_back(static_cast<char>(value | 0x80));
  to.push_back(static_cast<char>(value));
}
void put(std::string& to, std::string_view text) {
  put(to, text.size());
  to += text;
}
void put(std::string& to, const logs::Unended& part) {
  put(to, static_cast<std::uint64_t>(part.time_ns));
  put(to, part.text);
  put(to, part.continues ? 1 : 0);
}

// Takes off the front what it reads; once something is wrong, all is.
struct Reader {
  std::string_view rest;
  bool good = true;

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest.front());
      rest.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return value;
    }
    good = false;
    return 0;
  }
  std::string text() {
    const std::uint64_t size = number();
    good = good && size <= rest.size();
    if (!good) return {};
    std::string value(rest.substr(0, size));
    rest.remove_prefix(size);
    return value;
  }
  logs::Unended part() {
    logs::Unended value;
    value.time_ns = static_cast<std::int64_t>(number());
    value.text = text();
    value.continues = number() != 0;
    return value;
  }
};

}  // namespace

std::string write_moves(const LogMoves& moves) {
  std::string to;
  put(to, moves.size());
  for (const auto& [container, position] : moves) {
    put(to, container);
    put(to, position ? 1 : 0);
    if (!position) continue;
    put(to, position->place.offset);
    put(to, position->place.mark);
    put(to, static_cast<std::uint64_t>(position->time_ns));
    put(to, position->at_time);
    put(to, position->dropped);
    put(to, position->joiner.out);
    put(to, position->joiner.error);
  }
  return to;
}

std::optional<LogMoves> read_moves(std::string_view bytes) {
  Reader from{bytes};
  LogMoves moves;
  for (std::uint64_t left = from.number(); left > 0 && from.good; --left) {
    const std::string container = from.text();
    std::optional<LogPosition>& position = moves[container];
    if (from.number() == 0) continue;
    position.emplace();
    position->place.offset = from.number();
    position->place.mark = from.number();
    position->time_ns = static_cast<std::int64_t>(from.number());
    position->at_time = from.number();
    position->dropped = from.number();
    position->joiner.out = from.part();
    position->joiner.error = from.part();
  }
  if (!from.good || !from.rest.empty()) return std::nullopt;
  return moves;
}

void apply_moves(LogPositions& positions, const LogMoves& moves) {
  for (const auto& [container, position] : moves) {
    if (position)
      positions[container] = *position;
    else
      positions.erase(container);
  }
}

LogMoves all_of(const LogPositions& positions) { return {positions.begin(), positions.end()}; }

}  // namespace kontena::agent
