#include "guests.h"

#include <sys/socket.h>

#include <utility>

namespace kontena::http {

Guests::Stay::Stay(Guests& guests, int socket, std::string address)
    : guests_(guests), socket_(socket), address_(std::move(address)) {
  number_ = guests_.state_.with([&](State& s) {
    if (s.count >= guests_.most_ && !make_room(s)) return std::uint64_t{0};
    s.places[address_].emplace(++s.last, State::Place{socket_});
    ++s.count;
    return s.last;
  });
}

void Guests::Stay::end() {
  const std::uint64_t number = std::exchange(number_, 0);
  if (number == 0) return;
  guests_.state_.with([&](State& s) {
    const auto found = s.places.find(address_);
    if (found == s.places.end()) return;
    s.count -= found->second.erase(number);  // unless it was cut off
    if (found->second.empty()) s.places.erase(found);
  });
}

std::size_t Guests::count() const {
  return state_.with([](const State& s) { return s.count; });
}

void Guests::serving(const Stay& stay, bool is) {
  if (stay.number_ == 0) return;
  state_.with([&](State& s) {
    const auto found = s.places.find(stay.address_);
    if (found == s.places.end()) return;
    if (const auto place = found->second.find(stay.number_); place != found->second.end()) place->second.serving = is;
  });
}

// The socket's thread finds it at its end, and closes it.
bool Guests::make_room(State& s) {
  std::map<std::uint64_t, State::Place>* most = nullptr;
  for (auto& [address, places] : s.places)
    if (!most || places.size() > most->size()) most = &places;
  if (!most) return false;
  for (auto place = most->begin(); place != most->end(); ++place) {
    if (place->second.serving) continue;
    ::shutdown(place->second.socket, SHUT_RDWR);
    most->erase(place);
    --s.count;
    return true;
  }
  return false;
}

}  // namespace kontena::http
