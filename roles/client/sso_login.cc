#include "sso_login.h"

#include <algorithm>

#include "kontena/base/files.h"
#include "kontena/base/text.h"
#include "proof.h"

namespace kontena::client {
namespace {

namespace paths = api::paths;

constexpr Duration least_pause{1'000}, most_pause{60'000};

// What the server passes on from the provider is not to move the cursor about.
bool is_printable(const std::string& text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 && c < 0x7f; });
}

// False where a signal came.
bool paused(Session& session, Duration time) {
  for (Duration left = time; left > Duration(0); left -= session.outside.pace) {
    if (session.outside.interrupted() != 0) return false;
    session.outside.pause(std::min(left, session.outside.pace));
  }
  return session.outside.interrupted() == 0;
}

}  // namespace

Result<std::string> authority_at_hand(Session& session, const Config& config, const std::string& url) {
  if (const std::string path = session.arguments.value("--ca-file"); !path.empty())
    return files::read(path, 256u << 10);
  for (const auto& [name, context] : config.contexts)
    if (context.url == url && !context.ca_pem.empty()) return context.ca_pem;
  return Error{Code::invalid_argument, "which authority the server's certificate has to be of is not known here",
               "--ca-file FILE: /var/lib/kontena-server/ca.pem of the server"};
}

Result<api::SsoState> log_in_by_provider(Session& session, const Context& context) {
  const auto client = session.outside.connect(
      {.url = context.url, .ca_pem = context.ca_pem, .user_agent = "kontena-client/" KONTENA_VERSION});
  http::Client& server = *client;
  KTN_TRY(const auto begun,
          api::call<api::SsoBegun>(server, http::Method::post, std::string(paths::login_sso), api::Nothing()));
  if (!is_printable(begun.url + begun.full_url + begun.user_code))
    return Error{Code::unavailable, "the server's answer is not for a terminal"};
  session.err() << "open  " << begun.url << "\nand type the code  " << begun.user_code << '\n';
  if (!begun.full_url.empty()) session.err() << "or open  " << begun.full_url << '\n';
  session.err() << "the code is good for " << text::human_duration(Duration(begun.lifetime_ms)) << "; Ctrl-C gives up\n"
                << std::flush;
  const Duration ends = session.outside.clock.steady() + Duration(begun.lifetime_ms);
  session.outside.catch_interrupts();
  api::SsoWait ask{.login = begun.login, .client = machine_name(), .cancel = false};
  Duration wait(begun.wait_ms);
  while (true) {
    const bool goes_on = paused(session, std::clamp(wait, least_pause, most_pause));
    ask.cancel = !goes_on;
    auto state = api::call<api::SsoState>(server, http::Method::post, std::string(paths::login_sso_wait), ask);
    if (!goes_on) {
      session.outside.leave(130);
      return Error{Code::unauthenticated, "the login was given up"};
    }
    if (!state || state->state == "done") return state;
    if (session.outside.clock.steady() > ends)
      return Error{Code::expired, "the code has expired", "kontena client login --sso gives another"};
    wait = Duration(state->wait_ms);
  }
}

}  // namespace kontena::client
