// A certified OpenID Connect provider with its own sign-in pages: node provider.mjs '<json>'
//   {"port": 3000, "client": {...}, "accounts": {"dana@example.com": {"email_verified": true, ...}}}
// Whoever is typed in as the login signs in as that account; the password is not looked at.
import { Provider, interactionPolicy } from "oidc-provider";

const { port, client, accounts } = JSON.parse(process.argv[2]);

// Streamlit asks the provider to let people choose an account. Its own sign-in page does, so nothing more is shown.
const policy = interactionPolicy.base();
const choose = new interactionPolicy.Prompt({ name: "select_account", requestable: true });
choose.checks.clear();
policy.add(choose);

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [client],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "groups"] },
  // Streamlit reads the ID token alone, so the claims stand in it, as with most providers.
  conformIdTokenClaims: false,
  interactions: { policy },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: id, name: id, ...accounts[id] }),
  }),
});
provider.listen(port, "127.0.0.1", () => console.log("ready"));
