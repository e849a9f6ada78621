//! `jetto admin`: what an operator sets up before the first sign-in, and a way back in for who has none.

use std::io::{Read as _, Write as _};

use clap::Subcommand;
use engine::account::{Account, check_email, check_name};
use engine::administration::{self, Actor, Founding, MemberCommand, found};
use engine::audit::{Action, AuditActor, AuditEntry};
use engine::directory::{Member, Number, NumberStanding, RoleId};
use engine::id::{AccountId, MemberId, PhoneNumberId, TenantId, WabaId};
use engine::permission::Role;
use engine::ports::{Created, Store, Updated};
use engine::rejection::Rejection;
use engine::time::{Clock as _, IdSource as _};

use crate::api::password_resets::HANDED_LIFE;
use crate::app::StartError;
use crate::auth::{accounts, links, passwords};
use crate::clerk::reset_link;
use crate::config::Config;
use crate::households::{ChangeError, EMAIL_TAKEN, Households};
use crate::meta::graph::RATE_STANDARD;
use crate::shell::{RandomIds, SystemClock};
use crate::store::Opened;

#[derive(Subcommand)]
pub enum Command {
    /// Makes an organization and its owner.
    CreateOrganization {
        #[arg(long)]
        name: String,
        #[arg(long)]
        owner_email: String,
        /// The owner's password comes on standard input.
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Connects a WhatsApp number to an organization.
    ConnectNumber {
        /// Name or id.
        #[arg(long)]
        organization: String,
        #[arg(long)]
        waba_id: WabaId,
        #[arg(long)]
        phone_number_id: PhoneNumberId,
        /// A word for its business portfolio, if the organization has several: letters, digits and hyphens.
        #[arg(long, default_value = Number::SOLE_PORTFOLIO, value_parser = portfolio)]
        portfolio: String,
        /// As people read it.
        #[arg(long)]
        display_number: String,
        /// What agents call it; the number itself when absent.
        #[arg(long)]
        name: Option<String>,
        /// The access token comes on standard input.
        #[arg(long, required = true)]
        token_stdin: bool,
    },
    /// Adds a person to an organization.
    AddMember {
        /// Name or id.
        #[arg(long)]
        organization: String,
        #[arg(long)]
        email: String,
        #[arg(long)]
        role: Role,
        /// The part of the e-mail before the @ when absent.
        #[arg(long)]
        name: Option<String>,
        /// The password comes on standard input.
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Prints a link by which somebody sets a new password, good for a day; every organization of theirs is told.
    ResetPassword {
        #[arg(long)]
        email: String,
        /// Sets the password that comes on standard input instead, and ends every session of theirs.
        #[arg(long)]
        password_stdin: bool,
    },
}

fn portfolio(word: &str) -> Result<String, &'static str> {
    let is_one = Number::is_portfolio(word);
    is_one.then(|| word.to_owned()).ok_or("a portfolio is a word of at most 64 letters, digits and hyphens")
}

pub async fn run(config: &Config, command: Command) -> Result<(), StartError> {
    let opened = Opened::by(config).await?;
    let done = carry_out(opened.store().as_ref(), config, command).await;
    opened.close().await?;
    let line = done?;
    writeln!(std::io::stdout(), "{line}").map_err(|error| StartError(error.to_string()))
}

async fn carry_out(store: &dyn Store, config: &Config, command: Command) -> Result<String, StartError> {
    match command {
        Command::CreateOrganization { name, owner_email, password_stdin: _ } => {
            create_organization(store, name, &owner_email, &secret_from_stdin()?).await
        }
        Command::ConnectNumber {
            organization,
            waba_id,
            phone_number_id,
            portfolio,
            display_number,
            name,
            token_stdin: _,
        } => {
            let tenant = find(store, &organization).await?;
            let number = Number {
                phone_number_id,
                waba_id,
                portfolio,
                name: name.unwrap_or_else(|| display_number.clone()),
                display: display_number,
                token: secret_from_stdin()?,
                rate_per_second: RATE_STANDARD,
                standing: NumberStanding::default(),
            };
            if store.put_number(tenant, number).await.map_err(failed)? {
                Ok("connected; what came for this number before is processed at the next start".to_owned())
            } else {
                Err(StartError("Another organization has this number. Nothing was changed.".to_owned()))
            }
        }
        Command::AddMember { organization, email, role, name, password_stdin: _ } => {
            let tenant = find(store, &organization).await?;
            let id = add_member(store, tenant, &email, name, role, &secret_from_stdin()?).await?;
            Ok(id.to_string())
        }
        Command::ResetPassword { email, password_stdin: true } => {
            set_password(store, &email, &secret_from_stdin()?).await
        }
        Command::ResetPassword { email, password_stdin: false } => link_for(store, config, &email).await,
    }
}

/// Somebody's account, and what each of their organizations is told.
async fn account_of(
    store: &dyn Store,
    email: &str,
    action: Action,
) -> Result<(Account, Vec<(TenantId, AuditEntry)>), StartError> {
    let email = check_email(email).map_err(|no| refused(&no))?;
    let account = store.account_by_email(&email).await.map_err(failed)?;
    let account = account.ok_or_else(|| StartError("Nobody has this e-mail address. Nothing was changed.".into()))?;
    let told = |member: &Member| {
        AuditEntry::new(SystemClock.now(), AuditActor::System, action).on(&member.id).with("name", &member.name)
    };
    let audit = accounts::in_each_organization(store, &Households::default(), account.id, told).await;
    Ok((account, audit.map_err(failed)?))
}

async fn link_for(store: &dyn Store, config: &Config, email: &str) -> Result<String, StartError> {
    let (account, audit) = account_of(store, email, Action::AccountResetRequested).await?;
    let (token, hash) = links::new_token();
    store.put_reset(account.id, hash, SystemClock.now().plus(HANDED_LIFE), audit).await.map_err(failed)?;
    let origin = match config.public_url.as_str() {
        "" => format!("http://{}", config.listen),
        public => public.to_owned(),
    };
    Ok(reset_link(&origin, &token))
}

async fn set_password(store: &dyn Store, email: &str, password: &str) -> Result<String, StartError> {
    passwords::check_new(password).map_err(|text| StartError(format!("{text} Nothing was changed.")))?;
    let hash = passwords::hash(password).map_err(StartError)?;
    let (account, audit) = account_of(store, email, Action::AccountReset).await?;
    let revision = account.revision;
    // Sessions of the version before are worth nothing.
    let after = Account { password_hash: Some(hash), token_version: account.token_version + 1, ..account };
    match store.update_account(after, revision, audit).await.map_err(failed)? {
        Updated::Applied => Ok("the new password is set, and every session is over".to_owned()),
        // Nobody else has the store.
        Updated::Conflict | Updated::EmailTaken => Err(StartError("Nothing was changed. Run it again.".to_owned())),
    }
}

async fn create_organization(
    store: &dyn Store,
    name: String,
    email: &str,
    password: &str,
) -> Result<String, StartError> {
    let name = name.trim().to_owned();
    let organizations = store.organizations().await.map_err(failed)?;
    if organizations.iter().any(|organization| organization.name == name) {
        return Err(StartError("There is an organization of this name. Nothing was created.".to_owned()));
    }
    let owner = new_account(email, None, password)?;
    let founding =
        Founding { id: TenantId::from_bytes(RandomIds.next()), name, member: MemberId::from_bytes(RandomIds.next()) };
    let (id, now) = (founding.id, SystemClock.now());
    let (household, audit) = found(&Actor::SYSTEM, founding, &owner, now).map_err(|no| refused(&no))?;
    match store.create_organization(household, vec![owner], audit).await.map_err(failed)? {
        Created::Created => Ok(id.to_string()),
        Created::EmailTaken => Err(refused(&EMAIL_TAKEN)),
        Created::Exists => Err(StartError("There is this organization already. Nothing was created.".to_owned())),
    }
}

/// With a password that was checked.
fn new_account(email: &str, name: Option<String>, password: &str) -> Result<Account, StartError> {
    let email = check_email(email).map_err(|no| refused(&no))?;
    passwords::check_new(password).map_err(|text| StartError(format!("{text} Nothing was created.")))?;
    let before_at = email.split('@').next().unwrap_or_default().to_owned();
    let name = check_name(&name.unwrap_or(before_at)).map_err(|no| refused(&no))?;
    let hash = passwords::hash(password).map_err(StartError)?;
    Ok(Account::new(AccountId::from_bytes(RandomIds.next()), email, name, Some(hash), SystemClock.now()))
}

async fn add_member(
    store: &dyn Store,
    tenant: TenantId,
    email: &str,
    name: Option<String>,
    role: Role,
    password: &str,
) -> Result<MemberId, StartError> {
    let id = MemberId::from_bytes(RandomIds.next());
    let (account, role) = (Box::new(new_account(email, name, password)?), RoleId::Default(role));
    let add = administration::Command::Member(MemberCommand::Add { id, account, role });
    let households = Households::default();
    let changed = households.change(store, tenant, &Actor::SYSTEM, add, SystemClock.now()).await;
    changed.map(|_| id).map_err(|error| match error {
        ChangeError::Rejected(no) => refused(&no),
        ChangeError::Store(error) => failed(error),
    })
}

fn refused(rejection: &Rejection) -> StartError {
    StartError(rejection.to_string())
}

pub(crate) async fn find(store: &dyn Store, wanted: &str) -> Result<TenantId, StartError> {
    let organizations = store.organizations().await.map_err(failed)?;
    organizations
        .into_iter()
        .find(|organization| organization.name == wanted || organization.id.to_string() == wanted)
        .map(|organization| organization.id)
        .ok_or_else(|| StartError(format!("There is no organization {wanted}.")))
}

/// One line, without its end; a terminal is not asked to hide it, so scripts use a pipe.
fn secret_from_stdin() -> Result<String, StartError> {
    let mut text = String::new();
    std::io::stdin().take(16 * 1024).read_to_string(&mut text).map_err(|error| StartError(error.to_string()))?;
    let secret = text.trim_end_matches(['\r', '\n']).to_owned();
    if secret.is_empty() {
        Err(StartError("Nothing came on standard input. Nothing was changed.".to_owned()))
    } else {
        Ok(secret)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err calls")]
fn failed(error: engine::ports::StoreError) -> StartError {
    StartError(error.to_string())
}
