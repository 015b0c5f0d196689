#include "metrics_listener.h"

#include "kontena/base/files.h"
#include "kontena/base/log.h"
#include "kontena/pki/host_names.h"

namespace kontena::agent {
namespace {

constexpr Duration pace{60'000};
constexpr Duration authority_lifetime = std::chrono::hours(24 * 365 * 20);
constexpr Duration lifetime = std::chrono::hours(24 * 90);
constexpr std::size_t largest_file = 256u << 10;

}  // namespace

MetricsListener::MetricsListener(MetricsOptions options, std::string folder, const Clock& clock, std::function<std::string()> text)
    : options_(std::move(options)), folder_(std::move(folder)), clock_(clock), text_(std::move(text)),
      loop_("metrics", pace, [this] { step(); }) {}

void MetricsListener::stop() {
  loop_.stop();
  if (server_) server_->stop();
}

Result<std::optional<pki::KeyPair>> MetricsListener::from_files() const {
  KTN_OK(files::check_private(options_.key_file, "the key of --metrics"));
  KTN_TRY(std::string certificate, files::read(options_.certificate_file, largest_file));
  KTN_TRY(std::string key, files::read(options_.key_file, largest_file));
  if (certificate + key == shown_) return std::optional<pki::KeyPair>();
  pki::KeyPair pair{std::move(certificate), Redacted(std::move(key))};
  // Of two files that are just being replaced one may be the old one.
  if (!pki::belong_together(pair))
    return Error{Code::failed_precondition, "the key in '" + options_.key_file + "' is not that of the certificate in '" + options_.certificate_file + "'"};
  return std::optional(std::move(pair));
}

Result<std::optional<pki::KeyPair>> MetricsListener::from_authority() {
  const Time now = clock_.now();
  const std::string pem = folder_ + "/ca.pem", key = folder_ + "/ca.key";
  if (!authority_ && files::exists(pem) && files::exists(key)) {
    KTN_OK(files::check_private(key, "the key"));
    KTN_TRY(std::string certificate, files::read(pem, largest_file));
    KTN_TRY(std::string secret, files::read(key, largest_file));
    KTN_TRY(authority_, pki::Authority::load({std::move(certificate), Redacted(std::move(secret))}));
  }
  if (!authority_) {
    KTN_OK(files::make_folder(folder_, 0700));
    KTN_TRY(pki::Authority made, pki::Authority::create("kontena metrics", now, authority_lifetime));
    // The key first: one without its certificate is no authority yet.
    KTN_OK(files::write(key, made.own().key_pem.reveal(), 0600));
    KTN_OK(files::write(pem, made.own().certificate_pem, 0644));
    authority_ = std::move(made);
    log::info("made an authority for the certificate that Prometheus is shown", {{"trust", pem}});
  }
  auto names = pki::host_names();
  if (!shown_.empty() && now < renew_at_ && now >= renew_at_ - lifetime && names == names_) return std::optional<pki::KeyPair>();
  KTN_TRY(pki::KeyPair pair, authority_->issue_server(names, now, lifetime));
  names_ = std::move(names);
  renew_at_ = now + lifetime * 2 / 3;
  return std::optional(std::move(pair));
}

Result<std::optional<pki::KeyPair>> MetricsListener::fresh_certificate() {
  return options_.certificate_file.empty() ? from_authority() : from_files();
}

Status MetricsListener::look() {
  KTN_TRY(const auto fresh, fresh_certificate());
  if (!fresh) return Done{};
  if (server_) {
    KTN_OK(server_->use_certificate(fresh->certificate_pem, fresh->key_pem.reveal()));
  } else {
    KTN_TRY(server_, metrics::listen(options_.where, *fresh, "/metrics", [this](const std::string& path) -> std::optional<http::Response> {
              if (path != "/metrics") return std::nullopt;
              return metrics::plain(200, text_());
            }));
  }
  shown_ = fresh->certificate_pem + fresh->key_pem.reveal();
  return Done{};
}

void MetricsListener::step() {
  const Status looked = look();
  const std::string trouble = looked ? "" : looked.error().message;
  if (!looked && trouble != told_)
    log::error(server_ ? "the certificate of metrics stays as it was" : "metrics cannot be served; trying on",
               {{"reason", trouble}, {"hint", looked.error().hint}});
  told_ = trouble;
}

}  // namespace kontena::agent
