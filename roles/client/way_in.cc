#include "way_in.h"

#include <algorithm>

#include "commands/names.h"
#include "kontena/base/text.h"

namespace kontena::client {
namespace {

constexpr Duration longest_quiet{20'000};  // the server sends a beat every 2 s
constexpr Duration look_again{1'000};

}  // namespace

Result<WayIn::Door> WayIn::door(Session& session) {
  Door door;
  KTN_TRY(door.path, session.link.path(api::paths::channels));
  KTN_TRY(door.client, session.link.client());
  return door;
}

Result<std::unique_ptr<WayIn>> WayIn::open(const Door& door, const api::ChannelOrder& order) {
  KTN_TRY(const api::ChannelOpened opened, api::call<api::ChannelOpened>(*door.client, http::Method::post, door.path, order));
  std::unique_ptr<WayIn> way(new WayIn);
  const std::string path = door.path + '/' + http::percent_encode(opened.channel);
  channel::End& end = way->end_;
  http::Client& client = *door.client;
  const auto ended = [&end](const Result<http::Response>& answer) {
    if (!answer) return end.broke(answer.error());
    end.broke(answer->status >= 300 ? api::error_of(*answer) : Error{Code::unavailable, "the server has ended it", "is the server being stopped? try again"});
  };
  way->threads_.emplace_back([&client, &end, path, ended] {
    ended(client.stream({.path = path}, longest_quiet, [&](std::string_view bytes) { return end.take(bytes); }));
  });
  way->threads_.emplace_back([&client, &end, path, ended] {
    const http::Request request{.method = http::Method::post, .path = path, .headers = {{"content-type", "application/octet-stream"}}};
    const auto answer = client.upload(request, longest_quiet, [&] { return end.next(); });
    // Where it was ended in good order, what is still to be heard decides.
    if (!answer || answer->status >= 300) ended(answer);
  });
  return way;
}

WayIn::~WayIn() {
  end_.close();
  threads_.clear();
}

Error WayIn::broken() const {
  Error why = end_.why().value_or(Error{Code::unavailable, "it was ended"});
  if (why.code != Code::unavailable && why.code != Code::deadline_exceeded) return why;
  return {Code::unavailable, "the connection to the server broke off: " + why.message, why.hint.empty() ? "try again when it answers: kontena client status" : why.hint};
}

Result<std::string> WayIn::ready() {
  while (!end_.over()) {
    auto frame = end_.receive(look_again);
    if (!frame) continue;
    if (frame->kind == channel::Kind::ready) return std::move(frame->bytes);
    if (frame->kind == channel::Kind::failed) return channel::failure_in(frame->bytes);
  }
  return broken();
}

Result<int> WayIn::hear(const Output& output) {
  using channel::Kind;
  while (!end_.over()) {
    const auto frame = end_.receive(look_again);
    if (!frame) continue;
    if (frame->kind == Kind::output || frame->kind == Kind::error_output)
      output(frame->kind == Kind::error_output, frame->bytes);
    else if (frame->kind == Kind::exit)
      return static_cast<int>(channel::number_in(frame->bytes));
    else if (frame->kind == Kind::failed)
      return channel::failure_in(frame->bytes);
    else if (frame->kind == Kind::end)
      output(false, {});
  }
  return broken();
}

std::string name_of(const api::InstanceSummary& one) {
  return one.stack + '/' + one.service + '-' + std::to_string(one.slot);
}

Result<std::vector<api::InstanceSummary>> instances_named(Session& session, const std::string& word) {
  KTN_TRY(const ServiceName name, parse_service(word));
  KTN_TRY(const std::string path, session.link.path(api::paths::instances));
  KTN_TRY(const api::InstanceList list, session.link.get<api::InstanceList>(path, {{"stack", name.stack}}));
  // "web-2" is the service of that name where there is one, else the second instance of web.
  const auto dash = name.service.rfind('-');
  const auto slot = dash == std::string::npos || dash == 0 ? std::nullopt : text::integer(name.service.substr(dash + 1));
  std::vector<api::InstanceSummary> of_service, of_slot;
  for (const api::InstanceSummary& one : list.instances) {
    if (one.service == name.service) of_service.push_back(one);
    if (slot && one.service == name.service.substr(0, dash) && one.slot == *slot) of_slot.push_back(one);
  }
  auto found = of_service.empty() ? std::move(of_slot) : std::move(of_service);
  if (found.empty())
    return Error{Code::not_found, "there is neither an instance nor a service '" + word + "'", "kontena client ps " + name.stack};
  // While one replaces the other, two have the slot: of those that run the newer is meant.
  const auto rank = [](const api::InstanceSummary& one) {
    return std::tuple(one.status.state != model::InstanceState::running, one.slot, -one.created_ms);
  };
  std::ranges::sort(found, {}, rank);
  return found;
}

}  // namespace kontena::client
