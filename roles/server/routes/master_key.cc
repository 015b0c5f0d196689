#include "kontena/api/secrets.h"
#include "kontena/base/text.h"
#include "kontena/crypto/password.h"
#include "kontena/crypto/seal.h"

#include "../reseal.h"
#include "handlers.h"

namespace kontena::server {
namespace {

Result<std::int64_t> count_sealed(store::Store& store) {
  std::int64_t count = 0;
  for (std::string after;;) {
    KTN_TRY(const auto entries, store.page(sealed_secrets.key(""), after, 256, false));
    if (entries.empty()) return count;
    count += static_cast<std::int64_t>(entries.size());
    after = entries.back().key;
  }
}

Result<NewMaster> new_master(Context& context, const api::ResealRequest& asked) {
  NewMaster fresh{.kind = asked.kind};
  if (asked.kind == "file") {
    if (!asked.key.empty()) return Error{Code::invalid_argument, "the server makes the key of a file itself"};
    fresh.key = Redacted(context.ids.bytes(crypto::seal_key_bytes));
  } else if (asked.kind == "credential") {
    KTN_TRY(fresh.key, parse_master(asked.key));
  } else if (asked.kind == "passphrase") {
    if (asked.key.size() < least_passphrase || asked.key.find('\n') != std::string::npos)
      return Error{Code::invalid_argument, "a passphrase is one line of at least " + std::to_string(least_passphrase) + " bytes"};
    fresh.salt = text::base64(context.ids.bytes(crypto::password_salt_bytes));
    fresh.key = derive_master(Redacted(asked.key), fresh.salt);
  } else {
    return Error{Code::invalid_argument, "a master key comes from a file, a credential or a passphrase"};
  }
  return fresh;
}

}  // namespace

Result<Answer> get_master_key(const Context& context, const model::ClusterView&, const Call&) {
  api::MasterKey told{.resealing = context.vault.resealing()};
  KTN_TRY(told.sealed, count_sealed(context.store));
  const auto keys = context.vault.keys();
  if (keys) {
    told.usable = true;
    told.kind = keys->kind;
    told.id = keys->id;
    return answer(told);
  }
  told.why = keys.error().message;
  told.hint = keys.error().hint;
  KTN_TRY(const auto known, context.store.get(keyrings.key(keyring_tail)));
  if (const auto ring = known ? keyrings.read(*known) : Result<Keyring>(Error{Code::not_found, ""}); ring && !ring->masters.empty()) {
    told.kind = ring->masters[0].kind;
    told.id = ring->masters[0].id;
  }
  return answer(told);
}

Result<http::Response> set_master_key(Context& context, const View&, const Call& call, http::Upload*) {
  KTN_TRY(const auto asked, body_of<api::ResealRequest>(call));
  KTN_TRY(const NewMaster fresh, new_master(context, asked));
  const ResealNeeds needs{context.store, context.vault, context.ids, call.now,
                          context.data_dir.empty() ? "" : key_file(context.data_dir)};
  KTN_TRY(const auto done, asked.lost ? give_up(needs, fresh) : reseal(needs, fresh));
  return http::Response{.body = codec::to_json(done)};
}

}  // namespace kontena::server
