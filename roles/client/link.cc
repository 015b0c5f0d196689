#include "link.h"

#include <sys/stat.h>
#include <algorithm>
#include <cstdlib>

#include "kontena/access/token.h"
#include "kontena/base/files.h"
#include "kontena/base/text.h"
#include "kontena/pki/authority.h"

namespace kontena::client {
namespace {

constexpr std::size_t most_token = 4096;

Error not_logged_in(const std::string& what) {
  return {Code::unauthenticated, what,
          "kontena client login --url https://HOST:7443, or set KONTENA_URL and KONTENA_TOKEN"};
}

// A pipe, as a shell's <(command) makes one, belongs to whoever opened it.
Status check_token_file(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) == 0 && !S_ISREG(found.st_mode)) return Done{};
  return files::check_private(path, "the token file");
}

std::pair<std::int64_t, std::int64_t> major_minor(std::string_view version) {
  const auto parts = text::split(version, '.');
  if (parts.size() < 2) return {-1, -1};
  return {text::integer(parts[0]).value_or(-1), text::integer(parts[1]).value_or(-1)};
}

}  // namespace

Result<std::optional<Redacted>> token_from_file(const Outside& outside, const Arguments& arguments) {
  if (!arguments.has("--token-file")) return std::optional<Redacted>();
  const std::string path = arguments.value("--token-file");
  if (path == "-" && outside.in_is_terminal) {
    KTN_TRY(const std::string typed, outside.ask_secret("token (not shown): "));
    return std::optional(Redacted(std::string(text::trim(typed))));
  }
  if (path != "-") KTN_OK(check_token_file(path));
  KTN_TRY(const std::string text, path == "-" ? outside.read_input() : files::read(path, most_token));
  return std::optional(Redacted(std::string(text::trim(text))));
}

Result<Target> find_target(const Outside& outside, const Arguments& arguments) {
  const bool named = arguments.from_command_line("--context");
  const auto given = [&](std::string_view option) {
    return named && !arguments.from_command_line(option) ? std::string() : arguments.value(option);
  };
  const auto variable = [&](const char* name) { return named ? std::string() : outside.variable(name); };

  Target target;
  KTN_TRY(const std::optional<Redacted> from_file, token_from_file(outside, arguments));
  if (from_file)
    target.token = *from_file;
  else
    target.token = Redacted(std::string(text::trim(variable("KONTENA_TOKEN"))));
  target.url = given("--url");
  // With both given, scripts need no configuration, and none is read.
  if (target.url.empty() || target.token.empty() || arguments.has("--context")) {
    KTN_TRY(const Config config, load_config(outside.environment));
    const std::string name = arguments.value("--context", config.current);
    Context context;
    if (!name.empty()) {
      KTN_TRY(const Context* found, config.find(name));
      context = *found;
      target.context = name;
    }
    if (target.url.empty()) target.url = context.url;
    if (target.token.empty()) target.token = context.token;
    target.ca_pem = context.ca_pem;
    target.grid = context.grid;
    if (!context.project.empty()) target.project = context.project;
  }
  if (const std::string grid = given("--grid"); !grid.empty()) target.grid = grid;
  if (const std::string project = given("--project"); !project.empty()) target.project = project;
  if (target.url.empty()) return not_logged_in("not logged in: no server is known");
  if (target.token.empty())
    return not_logged_in(target.context.empty() ? "no token was given for " + target.url
                                                : "context '" + target.context + "' is logged out");
  KTN_TRY(target.url, server_url(target.url));
  return target;
}

Result<std::string> pinned_authority(const Outside& outside, const Redacted& token, const std::string& url,
                                     const std::string& at_hand) {
  KTN_TRY(const access::TokenText pin, access::parse_token(token.reveal()));
  if (!at_hand.empty())
    if (const auto facts = pki::read_certificate(at_hand); facts && facts->fingerprint == pin.fingerprint)
      return at_hand;
  if (auto cached = cached_authority(outside.environment, pin.fingerprint)) return *cached;
  KTN_TRY(std::string pem, outside.fetch_authority(url, pin.fingerprint));
  cache_authority(outside.environment, pin.fingerprint, pem);
  return pem;
}

Result<const Target*> Link::target() {
  if (!target_) {
    KTN_TRY(target_, find_target(outside_, arguments_));
  }
  return &*target_;
}

Result<http::Client*> Link::client() {
  if (client_) return client_.get();
  KTN_TRY(const Target* to, target());
  KTN_TRY(std::string ca, pinned_authority(outside_, to->token, to->url, to->ca_pem));
  client_ = outside_.connect(
      {.url = to->url, .ca_pem = std::move(ca), .bearer = to->token, .user_agent = "kontena-client/" KONTENA_VERSION});
  return client_.get();
}

Result<std::string> Link::grid() {
  KTN_TRY(const Target* to, target());
  if (!to->grid.empty()) return to->grid;
  KTN_TRY(const api::GridList list, get<api::GridList>(std::string(api::paths::grids)));
  const auto& grids = list.grids;
  if (grids.empty())
    return Error{Code::failed_precondition, "the server has no grid yet", "kontena client grid create NAME"};
  const auto usual = std::ranges::find(grids, "default", &api::GridSummary::name);
  if (grids.size() > 1 && usual == grids.end()) {
    std::vector<std::string> names;
    for (const api::GridSummary& each : grids) names.push_back(each.name);
    return Error{Code::invalid_argument, "the server has several grids: " + text::join(names, ", "),
                 "name one by --grid NAME, KONTENA_GRID, or kontena client context use NAME --grid NAME"};
  }
  target_->grid = usual == grids.end() ? grids[0].name : usual->name;
  return target_->grid;
}

Result<std::string> Link::project() {
  KTN_TRY(const Target* to, target());
  return to->project;
}

Result<std::string> Link::path(std::string_view pattern, std::initializer_list<std::string_view> values) {
  KTN_TRY(const std::string in_grid, grid());
  KTN_TRY(const std::string in_project, project());
  constexpr std::string_view scope = "/projects/{project}";
  const bool scoped = pattern.find(scope) != std::string_view::npos;
  // api::path wants all values at once, in order; their number is small.
  std::vector<std::string_view> all{in_grid};
  if (scoped) all.push_back(in_project);
  all.insert(all.end(), values);
  switch (all.size()) {
    case 1:
      return api::path(pattern, {all[0]});
    case 2:
      return api::path(pattern, {all[0], all[1]});
    case 3:
      return api::path(pattern, {all[0], all[1], all[2]});
    default:
      return api::path(pattern, {all[0], all[1], all[2], all[3]});
  }
}

Status Link::remove(std::string path, http::Query query) {
  KTN_OK(
      call_text({.method = http::Method::del, .path = std::move(path), .query = std::move(query)}, api::usual_timeout));
  return Done{};
}

Result<std::string> Link::call_text(const http::Request& request, Duration timeout) {
  KTN_TRY(http::Client * to, client());
  KTN_TRY(http::Response response, to->send(request, timeout));
  if (response.status < 300) return std::move(response.body);
  Error error = api::error_of(response);
  const auto body = codec::from_json<api::ErrorAnswer>(response.body);
  if (!body || body->error.message.empty() || error.code == Code::unsupported) return not_understood(std::move(error));
  if (error.code == Code::unauthenticated && error.hint.empty()) error.hint = "kontena client login --url URL";
  return error;
}

Error Link::not_understood(Error error) {
  const auto to = client();
  if (!to) return error;
  const auto hello = api::call<api::Hello>(**to, {.path = std::string(api::paths::health)}, Duration(5'000));
  if (!hello || hello->product != "kontena" || hello->version == KONTENA_VERSION) return error;
  error.message += " (server " + hello->version + ", client " KONTENA_VERSION ")";
  error.hint = version_advice(KONTENA_VERSION, hello->version);
  if (error.hint.empty()) error.hint = "bring server and client to the same version";
  return error;
}

std::string version_advice(std::string_view client, std::string_view server) {
  const auto ours = major_minor(client), theirs = major_minor(server);
  if (ours.first == theirs.first && std::abs(ours.second - theirs.second) <= 1) return {};
  const std::string older = ours < theirs ? "this client" : "the server";
  return "client " + std::string(client) + " and server " + std::string(server) +
         " are more than one minor version apart: upgrade " + older;
}

}  // namespace kontena::client
