#include "unused_blobs.h"

#include "../blob_refs.h"
#include "../forwards.h"
#include "kontena/base/log.h"

namespace kontena::server {

void UnusedBlobs::step() {
  if (const Status done = remove_unused(); !done)
    log::warn("unused blobs are left", {{"reason", done.error().message}});
  if (const Status done = remove_unused_secrets(); !done)
    log::warn("unused secrets are left", {{"reason", done.error().message}});
}

// A deploy that names one meanwhile rests on its record, and one of the two comes too late.
Status UnusedBlobs::remove_unused_secrets() {
  constexpr std::size_t page = 32;
  const std::int64_t since_ms = to_ms(context_.clock.now() - kept_unused);
  for (std::string after;;) {
    KTN_TRY(const auto entries, context_.store.page(sealed_secrets.key(""), after, page, false));
    if (entries.empty()) return Done{};
    after = entries.back().key;
    const View view = context_.views.now();
    if (view->unreadable.size() > 0) return Done{};
    std::set<std::string> named;
    for (const auto& [scope, of_scope] : named_in(*view))
      for (const std::string& digest : of_scope.secrets) named.insert(sealed_secrets.key(secret_tail(scope, digest)));
    KTN_TRY(const auto of_forwards, sealed_of_forwards(context_.store));
    for (const auto& [scope, digests] : of_forwards)
      for (const std::string& digest : digests) named.insert(sealed_secrets.key(secret_tail(scope, digest)));
    for (const store::Entry& entry : entries) {
      const auto secret = sealed_secrets.read(entry);
      if (!secret || secret->put_ms >= since_ms || named.contains(entry.key)) continue;
      const auto gone = context_.store.commit({.unchanged = {{entry.key, entry.revision}}, .deletes = {entry.key}});
      if (!gone && gone.error().code != Code::conflict) return gone.error();
    }
  }
}

Status UnusedBlobs::remove_unused() {
  const Time since = context_.clock.now() - kept_unused;
  KTN_TRY(const auto all, context_.blobs.list());
  // Looked at after the list: what a deploy names since was used since.
  const View view = context_.views.now();
  // A record that cannot be read may name any.
  if (all.empty() || view->unreadable.size() > 0) return Done{};
  auto named = named_in(*view);
  std::set<std::string> unsure;  // scopes with a manifest that cannot be read
  for (auto& [scope, of_scope] : named) {
    for (const std::string& image : of_scope.images) {
      const auto parts = parts_of_image(context_.blobs, scope, image);
      if (parts)
        of_scope.blobs.insert(parts->begin(), parts->end());
      else
        unsure.insert(scope);
    }
  }
  std::int64_t count = 0, bytes = 0;
  for (const blobs::Blob& blob : all) {
    if (blob.used >= since || unsure.contains(blob.scope) || named[blob.scope].blobs.contains(blob.digest)) continue;
    KTN_TRY(const bool removed, context_.blobs.remove(blob, since));
    if (removed) ++count, bytes += blob.size;
  }
  if (count > 0) log::info("removed unused blobs", {{"count", count}, {"bytes", bytes}});
  return Done{};
}

}  // namespace kontena::server
